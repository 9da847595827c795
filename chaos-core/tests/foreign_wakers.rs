//! Wakers are foreign code: they run once every fault has stopped, and each regardless of the others.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant, SystemTime};

use chaos_core::adapter::Point;
use chaos_core::{BlastRadius, ChaosManager, Consent, Experiment, Fault, Pressure, Site};

const HOUR: Duration = Duration::from_secs(3_600);
/// Only turns a hang into a failure.
const BOUND: Duration = Duration::from_secs(60);

#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < BOUND, "{what}");
        std::thread::yield_now();
    }
}

#[derive(Default)]
struct Counted(AtomicU32);

impl Counted {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn is_woken(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.count();
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("in a waker");
    }
}

/// Holds every operation that it strikes for an hour.
fn holding(name: &str) -> Experiment {
    Experiment::new(name).fault(Fault::timeout(HOUR))
}

/// Sets the clock an hour ahead.
fn ahead() -> Fault {
    Fault::exhaust(Pressure::clock_ahead(HOUR))
}

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("a test").unwrap())
}

fn is_ahead(chaos: &ChaosManager) -> bool {
    chaos.now() > SystemTime::now() + HOUR / 2
}

/// Starts an operation on this thread, where the runtime's timer holds it while the clock is paused.
fn held(site: &Site, waker: &Waker) -> Pin<Box<Point>> {
    let mut held = Box::pin(site.point("reserve"));
    let polled = held.as_mut().poll(&mut Context::from_waker(waker));
    assert!(polled.is_pending());
    held
}

/// Starts an operation on a thread without a runtime, where the timer thread holds it.
fn held_outside(site: &Site, waker: &Waker) -> Pin<Box<Point>> {
    std::thread::scope(|threads| threads.spawn(|| held(site, waker)).join().unwrap())
}

/// Checks in its wake that nothing is left of any fault.
struct Checks {
    chaos: ChaosManager,
    others: Vec<Arc<Counted>>,
    passed: Counted,
}

impl Checks {
    fn new(chaos: &ChaosManager, others: &[&Arc<Counted>]) -> Arc<Self> {
        Arc::new(Self {
            chaos: chaos.clone(),
            others: others.iter().map(|other| Arc::clone(other)).collect(),
            passed: Counted::default(),
        })
    }
}

impl Wake for Checks {
    fn wake(self: Arc<Self>) {
        assert!(!is_ahead(&self.chaos), "a pressure is left");
        for other in &self.others {
            wait_until("another hold is released", || other.is_woken());
        }
        self.passed.count();
    }
}

#[tokio::test(start_paused = true)]
async fn a_waker_runs_once_the_faults_of_its_experiment_have_stopped() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let both = holding("both").fault(ahead()).blast_radius(everything());
    let guard = chaos.start(both).unwrap();
    let released = Arc::new(Counted::default());
    let checks = Checks::new(&chaos, &[&released]);
    let _outside = held_outside(&pms, &released.clone().into());
    let _inside = held(&pms, &checks.clone().into());
    wait_until("the clock is ahead", || is_ahead(&chaos));
    drop(guard);
    assert!(checks.passed.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_halt_runs_no_waker_before_the_faults_of_all_experiments_have_stopped() {
    let chaos = ChaosManager::new();
    let sites = ["first", "second"].map(|service| {
        let points = BlastRadius::points_at(service);
        let hold = holding(service).blast_radius(points);
        chaos.start(hold).unwrap().detach();
        chaos.site(service)
    });
    let skew = Experiment::new("third")
        .fault(ahead())
        .blast_radius(everything());
    chaos.start(skew).unwrap().detach();
    let released = Arc::new(Counted::default());
    let checks = Checks::new(&chaos, &[&released]);
    let _inside = held(&sites[0], &checks.clone().into());
    let _outside = held_outside(&sites[1], &released.clone().into());
    wait_until("the clock is ahead", || is_ahead(&chaos));
    chaos.halt();
    assert!(checks.passed.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_panicking_waker_gets_no_further() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    for round in 0..3 {
        let points = BlastRadius::points_at("pms");
        let guard = chaos.start(holding("hold").blast_radius(points)).unwrap();
        let undone = Arc::new(Counted::default());
        let counting = Arc::clone(&undone);
        guard.on_end(move || counting.count());
        let panics: Waker = Arc::new(Panics).into();
        let woken: [_; 3] = std::array::from_fn(|_| Arc::new(Counted::default()));
        let [inside, outside, waiting] = woken.each_ref().map(|woken| woken.clone().into());
        let _held = [
            held(&pms, &panics),
            held(&pms, &inside),
            held_outside(&pms, &panics),
            held_outside(&pms, &outside),
        ];
        let mut waits = [(); 2].map(|()| Box::pin(guard.wait_for(100)));
        for (wait, waker) in waits.iter_mut().zip([&panics, &waiting]) {
            assert!(
                wait.as_mut()
                    .poll(&mut Context::from_waker(waker))
                    .is_pending()
            );
        }
        chaos.stop("hold").unwrap();
        assert!(undone.is_woken(), "round {round}");
        for woken in woken {
            wait_until("everything is woken", || woken.is_woken());
        }
    }
}
