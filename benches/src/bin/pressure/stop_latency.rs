//! The time from a stop until everything is given back.

use std::time::{Duration, Instant};

use chaos_core::pressure::{PressureChange, PressureLevel};
use chaos_core::{BlastRadius, ChaosManager, Consent, Event, Experiment, Fault, Pressure, Rate};

use crate::child;
use crate::proc::threads_of_pressure;
use crate::quantile::quantile;
use chaos_benches::control_group::{self, Group};

const STOPS: usize = 100;

/// Polling interval.
const POLL_INTERVAL: Duration = Duration::from_micros(100);

/// The time after which a release counts as missing.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .expect("the runtime starts");
    let _inside = runtime.enter();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let percent = |percent: f64| Rate::percent(percent).expect("the percentage is valid");
    let consent = || Consent::by("a benchmark on this machine").expect("it has a name");
    print_header();
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
                .consent(consent()),
        ),
        ("descriptors, all", Pressure::descriptors(percent(100.0))),
        ("threads, 500", Pressure::threads(500)),
        (
            "runtime_workers, 4 of 4",
            Pressure::runtime_workers(4, Duration::from_secs(60)),
        ),
        ("blocking_pool, 512", Pressure::blocking_pool(512)),
    ] {
        print_row(what, "drop", || drop_once(&pressure));
        print_row(what, "halt", || halt_once(&pressure));
    }
}

/// Measures stops of processor pressure in a group with a quota of half a core.
pub(crate) fn run_under_quota() {
    let Some(group) = Group::with_half_a_core() else {
        println!("skipped: no control group can be created");
        return;
    };
    let status = child::command(&["--stops-in", group.path()]).status();
    let status = status.expect("the child starts");
    assert!(status.success(), "{status}");
}

pub(crate) fn in_group(path: &str) -> ! {
    control_group::join(path);
    print_header();
    for (what, workers) in [("1 spinner", 1), ("2 spinners, the maximum", 2)] {
        let all = Rate::percent(100.0).expect("the percentage is valid");
        let pressure = Pressure::cpu(workers, all);
        print_row(what, "drop", || drop_once(&pressure));
        print_row(what, "halt", || halt_once(&pressure));
    }
    std::process::exit(0)
}

fn print_header() {
    println!(
        "| pressure | lowest level before the stop | stopped by | p50 | p99 | worst of {STOPS} |"
    );
    println!("|---|---|---|---|---|---|");
}

fn print_row(what: &str, from: &str, stop: impl Fn() -> (PressureLevel, Duration)) {
    let (levels, mut took): (Vec<_>, Vec<_>) = (0..STOPS).map(|_| stop()).unzip();
    let least = levels
        .into_iter()
        .min_by(|one, other| one.achieved.total_cmp(&other.achieved))
        .expect("there are levels");
    took.sort();
    println!(
        "| {what} | {least} | {from} | {:.1?} | {:.1?} | {:.1?} |",
        quantile(&took, 0.5),
        quantile(&took, 0.99),
        quantile(&took, 1.0)
    );
}

fn drop_once(pressure: &Pressure) -> (PressureLevel, Duration) {
    let guard = pressure.start().expect("the pressure fits");
    while !guard.took_effect() {
        assert!(guard.ended().is_none(), "{:?}", guard.ended());
        std::thread::sleep(POLL_INTERVAL);
    }
    let level = guard.level();
    let start = Instant::now();
    // Does the same as dropping the guard, which would leave nothing to poll.
    guard.stop();
    while !guard.is_gone() {
        assert!(start.elapsed() < TIMEOUT, "{level} is not given back");
        std::thread::sleep(POLL_INTERVAL);
    }
    (level, time_until_threads_exit(start))
}

fn halt_once(pressure: &Pressure) -> (PressureLevel, Duration) {
    let chaos = ChaosManager::builder().keep_entries(10).build();
    let consent = Consent::by("a benchmark on this machine").expect("it has a name");
    let experiment = Experiment::new("stops")
        .fault(Fault::exhaust(pressure.clone()))
        .blast_radius(BlastRadius::everything(consent));
    let guard = chaos.start(experiment).expect("the pressure fits");
    while !took_effect(&chaos) {
        assert!(guard.ended().is_none(), "{:?}", guard.ended());
        std::thread::sleep(POLL_INTERVAL);
    }
    let level = guard.pressure()[0];
    let start = Instant::now();
    chaos.halt();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    std::thread::scope(|scope| {
        // A separate thread, because this one is inside the starved runtime.
        scope.spawn(|| {
            let runtime = runtime.expect("the runtime starts");
            let halted = async { tokio::time::timeout(TIMEOUT, chaos.halted()).await };
            let in_time = runtime.block_on(halted).is_ok();
            assert!(in_time, "{level} is not given back");
        });
    });
    let took = time_until_threads_exit(start);
    drop(guard);
    (level, took)
}

fn took_effect(chaos: &ChaosManager) -> bool {
    let effects = [PressureChange::Reached, PressureChange::Saturated];
    chaos.journal().iter().any(
        |entry| matches!(entry.event, Event::Pressure { change, .. } if effects.contains(&change)),
    )
}

/// Returns the time from `start` until the system has freed every thread.
fn time_until_threads_exit(start: Instant) -> Duration {
    while threads_of_pressure() > 0 {
        assert!(start.elapsed() < TIMEOUT, "threads are still running");
        std::thread::sleep(POLL_INTERVAL);
    }
    start.elapsed()
}
