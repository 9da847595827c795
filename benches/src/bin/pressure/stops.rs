//! How long after a stop everything is gone.

use std::time::{Duration, Instant};

use chaos_core::pressure::{PressureChange, PressureLevel};
use chaos_core::{BlastRadius, ChaosManager, Consent, Event, Experiment, Fault, Pressure, Rate};

use crate::group::{self, Group};
use crate::proc::{own, quantile, threads_of_pressure};

const STOPS: usize = 100;

/// How often it is looked whether all is there, or gone.
const LOOK: Duration = Duration::from_micros(100);

/// What is not gone by then stays.
const NEVER: Duration = Duration::from_secs(30);

pub(crate) fn all() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .expect("a runtime can be made");
    let _inside = runtime.enter();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let percent = |percent: f64| Rate::percent(percent).expect("it is a percentage");
    let agreed = || Consent::because("a bench on this machine");
    head();
    for (what, pressure) in [
        (
            "cpu, 4 spinners a core",
            Pressure::cpu(4 * cores, percent(100.0)),
        ),
        ("memory, 256 MiB", Pressure::memory(256 << 20)),
        (
            "disk_io, 4 at 1 MB/s",
            Pressure::disk_io(4, 1_000_000).reserve(Rate::NEVER),
        ),
        (
            "disk_fill, 1 GiB",
            Pressure::disk_fill(1 << 30)
                .reserve(Rate::NEVER)
                .consent(agreed()),
        ),
        ("descriptors, all", Pressure::descriptors(percent(100.0))),
        ("threads, 500", Pressure::threads(500)),
        (
            "runtime_workers, 4 of 4",
            Pressure::runtime_workers(4, Duration::from_secs(60)),
        ),
        ("blocking_pool, 512", Pressure::blocking_pool(512)),
    ] {
        row(what, "drop", || dropped(&pressure));
        row(what, "halt", || halted(&pressure));
    }
}

/// How late the stop of processor pressure is where the group of this process may use half a core.
pub(crate) fn under_quota() {
    let Some(group) = Group::with_half_a_core() else {
        println!("left out: no control group can be made here");
        return;
    };
    let status = own(&["--stops-in", group.path()]).status();
    let status = status.expect("it starts");
    assert!(status.success(), "{status}");
}

pub(crate) fn in_group(path: &str) -> ! {
    group::join(path);
    head();
    for (what, workers) in [("1 spinner", 1), ("2 spinners, the most", 2)] {
        let all = Rate::percent(100.0).expect("it is a percentage");
        let pressure = Pressure::cpu(workers, all);
        row(what, "drop", || dropped(&pressure));
        row(what, "halt", || halted(&pressure));
    }
    std::process::exit(0)
}

fn head() {
    println!("| pressure | least that was on | from | p50 | p99 | worst of {STOPS} |");
    println!("|---|---|---|---|---|---|");
}

fn row(what: &str, from: &str, stop: impl Fn() -> (PressureLevel, Duration)) {
    let (levels, mut took): (Vec<_>, Vec<_>) = (0..STOPS).map(|_| stop()).unzip();
    let least = levels
        .into_iter()
        .min_by(|one, other| one.achieved.total_cmp(&other.achieved))
        .expect("there are some");
    took.sort();
    println!(
        "| {what} | {least} | {from} | {:.1?} | {:.1?} | {:.1?} |",
        quantile(&took, 0.5),
        quantile(&took, 0.99),
        quantile(&took, 1.0)
    );
}

fn dropped(pressure: &Pressure) -> (PressureLevel, Duration) {
    let guard = pressure.start().expect("there is room");
    while !guard.was_reached() {
        assert!(guard.ended().is_none(), "{:?}", guard.ended());
        std::thread::sleep(LOOK);
    }
    let level = guard.level();
    let start = Instant::now();
    // As the drop of the guard does, which would leave nothing to look at.
    guard.stop();
    while !guard.is_gone() {
        assert!(start.elapsed() < NEVER, "{level} is not gone");
        std::thread::sleep(LOOK);
    }
    (level, until_no_thread_is_left(start))
}

fn halted(pressure: &Pressure) -> (PressureLevel, Duration) {
    let chaos = ChaosManager::builder().keep_entries(10).build();
    let consent = Consent::because("a bench on this machine");
    let experiment = Experiment::new("stops")
        .fault(Fault::exhaust(pressure.clone()))
        .blast_radius(BlastRadius::everything(consent));
    let guard = chaos.start(experiment).expect("there is room");
    while !was_reached(&chaos) {
        assert!(guard.ended().is_none(), "{:?}", guard.ended());
        std::thread::sleep(LOOK);
    }
    let level = guard.pressure()[0];
    let start = Instant::now();
    chaos.halt();
    let gone = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    std::thread::scope(|scope| {
        // A thread of its own: this one is inside of the runtime that is starved.
        scope.spawn(|| {
            let gone = gone.expect("a runtime can be made");
            let halted = async { tokio::time::timeout(NEVER, chaos.halted()).await };
            let in_time = gone.block_on(halted).is_ok();
            assert!(in_time, "{level} is not gone");
        });
    });
    let took = until_no_thread_is_left(start);
    drop(guard);
    (level, took)
}

fn was_reached(chaos: &ChaosManager) -> bool {
    let reached = PressureChange::Reached;
    chaos
        .journal()
        .iter()
        .any(|entry| matches!(entry.event, Event::Pressure { change, .. } if change == reached))
}

/// How long after `start` the system has taken back every thread.
fn until_no_thread_is_left(start: Instant) -> Duration {
    while threads_of_pressure() > 0 {
        assert!(start.elapsed() < NEVER, "threads are left");
        std::thread::sleep(LOOK);
    }
    start.elapsed()
}
