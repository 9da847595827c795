use super::*;
use crate::pressure::engine::commitments::Ledger;
use crate::pressure::engine::limits::fake_files::FakeFiles;

fn cpu_load(requested_cores: f64, demanded_cores: f64, limits: CpuLimits) -> CpuLoad {
    CpuLoad {
        requested_cores,
        used: WorkerThroughput::new(1),
        demanded: WorkerThroughput::new(1),
        demanded_cores,
        limits,
        allowed_workers: Arc::new(AtomicU32::new(1)),
        spinners: commit(&Arc::default(), 1),
    }
}

fn commit(ledger: &Arc<Ledger>, spinners: u64) -> Commitment {
    ledger.commit(|_| Ok::<_, ()>(spinners)).unwrap()
}

fn group_with_quota(name: &str, quota: &str) -> FakeFiles {
    let mount = "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
    let files = [
        ("proc/self/cgroup", "0::/\n"),
        ("proc/self/mountinfo", mount),
        ("cg/cpu.max", quota),
    ];
    FakeFiles::new(name, &files)
}

#[test]
fn the_cores_are_saturated_only_when_workers_wait_for_all_missing_time() {
    let limits = || CpuLimits::open(std::path::Path::new("/nowhere")).unwrap();
    assert!(cpu_load(8.0, 7.9, limits()).saturation().is_some());
    assert!(cpu_load(8.0, 7.1, limits()).saturation().is_none());
    assert!(cpu_load(0.25, 1.0, limits()).saturation().is_some());
    assert!(cpu_load(0.25, 0.1, limits()).saturation().is_none());
}

#[test]
fn fewer_workers_are_allowed_when_the_quota_shrinks() {
    let files = group_with_quota("cpu-shrinks", "100000 100000\n");
    let mut load = cpu_load(1.0, 0.0, CpuLimits::open(files.root()).unwrap());
    load.adjust_to(1.0, &PressureState::for_test()).unwrap();
    assert_eq!(load.allowed_workers.load(Ordering::Relaxed), 4);
    files.write("cg/cpu.max", "25000 100000\n");
    load.adjust_to(1.0, &PressureState::for_test()).unwrap();
    assert_eq!(load.allowed_workers.load(Ordering::Relaxed), 1);
}

#[test]
fn four_workers_are_allowed_per_core() {
    let max = |number| {
        let limit = "the machine".to_owned();
        max_workers(&Cores { number, limit })
    };
    assert_eq!([0.1, 0.5, 1.3, 2.0].map(max), [1, 2, 6, 8]);
}

#[test]
fn the_allowed_workers_are_shared_between_pressures() {
    let files = group_with_quota("cpu-shared", "50000 100000\n");
    let ledger = Arc::default();
    let mut load = cpu_load(1.0, 0.0, CpuLimits::open(files.root()).unwrap());
    load.spinners = commit(&ledger, 4);
    let other = commit(&ledger, 4);
    load.adjust_to(1.0, &PressureState::for_test()).unwrap();
    assert_eq!(load.allowed_workers.load(Ordering::Relaxed), 1);
    drop(other);
    load.adjust_to(1.0, &PressureState::for_test()).unwrap();
    assert_eq!(load.allowed_workers.load(Ordering::Relaxed), 2);
}
