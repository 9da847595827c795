use super::*;
use crate::contain::panic_with_hostile_payload;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::thread;
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_secs(3600);

/// Counts its wakes, and unparks the thread that created it.
struct Counted {
    wakes: AtomicUsize,
    thread: thread::Thread,
}

impl Counted {
    fn new() -> Arc<Counted> {
        Arc::new(Counted {
            wakes: AtomicUsize::new(0),
            thread: thread::current(),
        })
    }

    fn wakes(&self) -> usize {
        self.wakes.load(Ordering::SeqCst)
    }

    fn wait_for_wake(&self) {
        // The bound only turns a hang into a failure.
        let bound = Instant::now() + Duration::from_secs(60);
        while self.wakes() == 0 {
            assert!(Instant::now() < bound, "it is not woken");
            thread::park_timeout(Duration::from_secs(1));
        }
    }
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn poll(delay: &mut Delay, waker: &Waker) -> Poll<()> {
    Pin::new(delay).poll(&mut Context::from_waker(waker))
}

fn ticket(delay: &Delay) -> Ticket {
    match delay.state {
        State::Timed(ticket) => ticket,
        _ => panic!("the delay is not on the timer thread"),
    }
}

fn is_held(ticket: Ticket) -> bool {
    timer::timer().expect("a timer thread").holds(ticket)
}

fn held_until(release: &Arc<Release>) -> Delay {
    Delay::until_released(HOUR, release.clone())
}

fn assert_future<T: Future<Output = ()> + Unpin + Send + Sync + 'static>(_: &T) {}

#[test]
fn a_delay_is_never_early_without_a_runtime() {
    for micros in [1, 50, 500, 2_000] {
        let duration = Duration::from_micros(micros);
        let start = Instant::now();
        let waited = delay(duration);
        assert_future(&waited);
        block_on(waited);
        assert!(start.elapsed() >= duration);
    }
}

#[tokio::test]
async fn a_delay_is_never_early_on_a_runtime() {
    for micros in [1, 50, 500, 2_000] {
        let duration = Duration::from_micros(micros);
        let start = Instant::now();
        delay(duration).await;
        assert!(start.elapsed() >= duration);
    }
}

#[test]
fn a_zero_delay_is_ready_at_once() {
    let mut waited = delay(Duration::ZERO);
    assert!(poll(&mut waited, Waker::noop()).is_ready());
    assert!(poll(&mut waited, Waker::noop()).is_ready(), "and stays so");
}

#[test]
fn a_release_wakes_its_delays() {
    for duration in [HOUR, Duration::MAX] {
        let release = Arc::new(Release::new());
        let mut held = Delay::until_released(duration, release.clone());
        let counted = Counted::new();
        assert!(poll(&mut held, &counted.clone().into()).is_pending());
        release.release();
        counted.wait_for_wake();
        assert!(poll(&mut held, Waker::noop()).is_ready());
    }
}

#[test]
fn a_release_of_another_experiment_wakes_nothing() {
    let (mine, other) = (Arc::new(Release::new()), Arc::new(Release::new()));
    let (mut held, mut freed) = (held_until(&mine), held_until(&other));
    let (held_wakes, freed_wakes) = (Counted::new(), Counted::new());
    assert!(poll(&mut held, &held_wakes.clone().into()).is_pending());
    assert!(poll(&mut freed, &freed_wakes.clone().into()).is_pending());
    other.release();
    freed_wakes.wait_for_wake();
    assert_eq!(held_wakes.wakes(), 0);
    assert!(is_held(ticket(&held)));
}

#[test]
fn a_release_before_the_first_poll_is_seen() {
    let release = Arc::new(Release::new());
    release.release();
    assert!(poll(&mut held_until(&release), Waker::noop()).is_ready());
}

#[test]
fn a_poll_sees_a_release_before_the_wake_comes() {
    let release = Arc::new(Release::new());
    let mut held = held_until(&release);
    let waker = Waker::from(Counted::new());
    assert!(poll(&mut held, &waker).is_pending());
    assert!(release.mark());
    assert!(poll(&mut held, &waker).is_ready());
    timer::sweep();
}

#[test]
fn a_release_just_before_it_is_parked_is_seen() {
    let release = Arc::new(Release::new());
    let parked = Parked {
        waker: Waker::noop().clone(),
        release: Some(release.clone()),
    };
    release.release();
    let ticket = Ticket::new(Due::Never);
    let timer = timer::timer().expect("a timer thread");
    assert!(timer.park(ticket, parked).is_ready());
    assert!(!timer.holds(ticket));
}

#[test]
fn a_release_that_races_with_the_first_poll_is_seen() {
    for _ in 0..500 {
        let release = Arc::new(Release::new());
        let held = held_until(&release);
        let releaser = thread::spawn(move || release.release());
        block_on(held);
        assert!(releaser.join().is_ok());
    }
}

#[test]
fn a_dropped_delay_leaves_the_queue() {
    let mut dropped = delay(HOUR);
    assert!(poll(&mut dropped, Waker::noop()).is_pending());
    let place = ticket(&dropped);
    assert!(is_held(place));
    drop(dropped);
    assert!(!is_held(place));
}

#[test]
fn an_ended_delay_leaves_the_queue() {
    let release = Arc::new(Release::new());
    let (mut due, mut released) = (delay(Duration::from_millis(1)), held_until(&release));
    assert!(poll(&mut due, Waker::noop()).is_pending());
    assert!(poll(&mut released, Waker::noop()).is_pending());
    let places = [ticket(&due), ticket(&released)];
    release.release();
    for place in places {
        while is_held(place) {
            thread::yield_now();
        }
    }
    assert!(poll(&mut due, Waker::noop()).is_ready());
    assert!(poll(&mut released, Waker::noop()).is_ready());
}

#[test]
fn a_waker_that_drops_a_delay_does_not_deadlock() {
    struct Holds(#[expect(dead_code, reason = "held for its drop")] Delay);
    impl Wake for Holds {
        fn wake(self: Arc<Self>) {}
    }
    let mut inner = delay(HOUR);
    assert!(poll(&mut inner, Waker::noop()).is_pending());
    let place = ticket(&inner);
    let mut outer = delay(HOUR);
    assert!(poll(&mut outer, &Arc::new(Holds(inner)).into()).is_pending());
    let mut replacing = delay(HOUR);
    assert!(poll(&mut replacing, Waker::noop()).is_pending());
    let second = ticket(&replacing);
    assert!(poll(&mut outer, &Arc::new(Holds(replacing)).into()).is_pending());
    assert!(!is_held(place), "dropped with the waker that was replaced");
    drop(outer);
    assert!(!is_held(second), "dropped with the delay");
}

#[test]
fn a_panicking_waker_does_not_stop_the_timer() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }
    assert_timer_survives(&Arc::new(Panics).into());
}

#[test]
fn a_waker_whose_panic_panics_when_dropped_does_not_stop_the_timer() {
    struct PanicsTwice;
    impl Wake for PanicsTwice {
        fn wake(self: Arc<Self>) {
            panic_with_hostile_payload();
        }
    }
    assert_timer_survives(&Arc::new(PanicsTwice).into());
}

/// Has the timer wake a hostile waker, then another.
#[track_caller]
fn assert_timer_survives(hostile: &Waker) {
    let (first, then) = (Arc::new(Release::new()), Arc::new(Release::new()));
    let (mut held_first, mut held) = (held_until(&first), held_until(&then));
    let counted = Counted::new();
    assert!(poll(&mut held_first, hostile).is_pending());
    assert!(poll(&mut held, &counted.clone().into()).is_pending());
    let place = ticket(&held_first);
    first.release();
    while is_held(place) {
        thread::yield_now();
    }
    then.release();
    counted.wait_for_wake();
}

#[test]
fn only_the_last_waker_is_woken() {
    let release = Arc::new(Release::new());
    let mut held = held_until(&release);
    let (first, second, third) = (Counted::new(), Counted::new(), Counted::new());
    for counted in [&first, &second, &third, &third] {
        assert!(poll(&mut held, &counted.clone().into()).is_pending());
    }
    assert_eq!(Arc::strong_count(&first), 1, "its waker was dropped");
    release.release();
    third.wait_for_wake();
    assert_eq!((first.wakes(), second.wakes(), third.wakes()), (0, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_concurrent_delays_are_never_early() {
    let release = Arc::new(Release::new());
    let mut delays = JoinSet::new();
    for number in 0..1_000 {
        let release = release.clone();
        delays.spawn(async move {
            let duration = Duration::from_micros(5_000 + number * 10);
            let start = Instant::now();
            Delay::until_released(duration, release).await;
            assert!(start.elapsed() >= duration);
        });
    }
    assert_eq!(delays.join_all().await.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_ends_a_thousand_delays() {
    let release = Arc::new(Release::new());
    let mut held: JoinSet<()> = (0..1_000).map(|_| held_until(&release)).collect();
    release.release();
    while let Some(freed) = held.join_next().await {
        assert!(freed.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_on_a_paused_clock_takes_no_real_time() {
    let (start, real_start) = (tokio::time::Instant::now(), Instant::now());
    delay(HOUR).await;
    assert_eq!(start.elapsed(), HOUR);
    assert!(real_start.elapsed() < HOUR / 60);
}

#[tokio::test(start_paused = true)]
async fn a_release_under_a_paused_clock_does_not_move_it() {
    for duration in [HOUR, Duration::MAX] {
        let start = tokio::time::Instant::now();
        let release = Arc::new(Release::new());
        let held = tokio::spawn(Delay::until_released(duration, release.clone()));
        tokio::task::yield_now().await;
        assert!(!held.is_finished());
        release.release();
        assert!(held.await.is_ok());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_never_jumps_to_the_end_of_an_endless_delay() {
    let release = Arc::new(Release::new());
    let held = tokio::spawn(Delay::until_released(Duration::MAX, release.clone()));
    // Tokio's longest timer ends after thirty years.
    delay(HOUR * 24 * 366 * 40).await;
    tokio::task::yield_now().await;
    assert!(!held.is_finished());
    release.release();
    assert!(held.await.is_ok());
}

#[test]
fn the_timer_thread_serves_a_runtime_without_timers() {
    let timeless = tokio::runtime::Builder::new_current_thread()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let start = Instant::now();
    timeless.block_on(delay(Duration::from_millis(2)));
    assert!(start.elapsed() >= Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn a_blocked_thread_waits_in_real_time_under_a_paused_clock() {
    let duration = Duration::from_millis(20);
    let start = Instant::now();
    tokio::task::spawn_blocking(move || block_on(delay(duration)))
        .await
        .unwrap();
    assert!(start.elapsed() >= duration);
}
