use super::*;
use crate::pressure::PressureEnd;
use crate::pressure::engine::commitments::Ledger;
use crate::pressure::engine::limits::fake_files::FakeFiles;
use crate::pressure::engine::state::fake::state;

fn burning(asked_for: f64, wanted_share: f64, limits: CpuLimits) -> CpuLoad {
    CpuLoad {
        asked_for,
        used: WorkerThroughput::of(1),
        wanted: WorkerThroughput::of(1),
        wanted_share,
        limits,
        allowed: Arc::new(AtomicU32::new(1)),
        spinners: promised(1),
    }
}

/// A commitment of so many spinners.
fn promised(number: u64) -> Commitment {
    let ledger = Arc::new(Ledger::default());
    ledger.commit(|_| Ok::<_, ()>(number)).unwrap()
}

#[test]
fn less_than_asked_for_is_the_most_only_when_workers_waited_for_all_of_the_rest() {
    let limits = || CpuLimits::open(std::path::Path::new("/nowhere")).unwrap();
    assert!(burning(8.0, 7.9, limits()).saturation().is_some());
    assert!(burning(8.0, 7.1, limits()).saturation().is_none());
    assert!(burning(0.25, 1.0, limits()).saturation().is_some());
    assert!(burning(0.25, 0.1, limits()).saturation().is_none());
}

#[test]
fn fewer_workers_go_on_when_the_quota_shrinks() {
    let files = FakeFiles::new(
        "cpu-shrinks",
        &[
            ("proc/self/cgroup", "0::/\n"),
            (
                "proc/self/mountinfo",
                "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n",
            ),
            ("cg/cpu.max", "100000 100000\n"),
        ],
    );
    let mut burning = burning(1.0, 0.0, CpuLimits::open(files.root()).unwrap());
    burning.adjust_to(1.0, &state()).unwrap();
    assert_eq!(burning.allowed.load(Ordering::Relaxed), 4);
    files.write("cg/cpu.max", "25000 100000\n");
    burning.adjust_to(1.0, &state()).unwrap();
    assert_eq!(burning.allowed.load(Ordering::Relaxed), 1);
}

#[test]
fn what_is_owed_is_the_share_of_all_the_time_that_went_by() {
    let start = Instant::now();
    let mut owed = CpuBudget::from(start);
    owed.next_period(start, 0.5);
    assert!((owed.seconds - 0.002_5).abs() < 1e-9, "{}", owed.seconds);
    assert_eq!(owed.until, start + PERIOD);
    // The next begins 3 ms late, and what was left of the first is still owed.
    owed.seconds -= 0.001_5;
    owed.next_period(start + Duration::from_millis(8), 0.5);
    assert!((owed.seconds - 0.005).abs() < 1e-9, "{}", owed.seconds);
    assert_eq!(owed.until, start + Duration::from_millis(13));
}

#[test]
fn a_worker_that_was_stopped_for_long_does_not_burn_it_all_at_once() {
    let start = Instant::now();
    let mut owed = CpuBudget::from(start);
    owed.next_period(start + Duration::from_secs(3_600), 1.0);
    assert!((owed.seconds - DEBT.as_secs_f64()).abs() < 1e-9);
}

#[test]
fn there_are_four_workers_for_each_core() {
    let most = |number| {
        let limit = "the machine".to_owned();
        max_workers(&Cores { number, limit })
    };
    assert_eq!([0.1, 0.5, 1.3, 2.0].map(most), [1, 2, 6, 8]);
}

#[test]
fn pressures_that_spin_together_share_what_may() {
    let files = FakeFiles::new(
        "cpu-shared",
        &[
            ("proc/self/cgroup", "0::/\n"),
            (
                "proc/self/mountinfo",
                "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n",
            ),
            ("cg/cpu.max", "50000 100000\n"),
        ],
    );
    let ledger = Arc::new(Ledger::default());
    let promised = |number| ledger.commit(|_| Ok::<_, ()>(number)).unwrap();
    let mut burning = burning(1.0, 0.0, CpuLimits::open(files.root()).unwrap());
    burning.spinners = promised(4);
    let other = promised(4);
    burning.adjust_to(1.0, &state()).unwrap();
    assert_eq!(burning.allowed.load(Ordering::Relaxed), 1);
    drop(other);
    burning.adjust_to(1.0, &state()).unwrap();
    assert_eq!(burning.allowed.load(Ordering::Relaxed), 2);
}

#[test]
fn a_worker_beyond_the_allowed_number_rests() {
    let state = state();
    let worker = |number| {
        let used = Arc::new(AtomicU64::new(0));
        let worker = Spinner {
            number,
            duty: 1.0,
            allowed: Arc::new(AtomicU32::new(1)),
            used: Arc::clone(&used),
            wanted: Arc::default(),
        };
        (worker, used)
    };
    let [(first, first_used), (second, second_used)] = [worker(0), worker(1)];
    std::thread::scope(|scope| {
        scope.spawn(|| first.burn(&state));
        scope.spawn(|| second.burn(&state));
        while first_used.load(Ordering::Relaxed) < 20_000_000 {
            std::thread::yield_now();
        }
        state.stop(PressureEnd::Dropped);
    });
    assert_eq!(second_used.load(Ordering::Relaxed), 0);
}
