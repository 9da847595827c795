//! How long after a stop everything is gone.

use std::time::{Duration, Instant};

use chaos_core::{BlastRadius, ChaosManager, Consent, Experiment, Fault, Pressure, Rate};

use crate::proc::quantile;

const STOPS: usize = 100;

/// How long each is on before it is stopped.
const ON: Duration = Duration::from_millis(30);

/// How often it is looked whether all is gone.
const LOOK: Duration = Duration::from_micros(100);

pub(crate) fn all() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .expect("a runtime can be made");
    let _inside = runtime.enter();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let percent = |percent: f64| Rate::percent(percent).expect("it is a percentage");
    let agreed = || Consent::because("a bench on this machine");
    println!("| pressure | from | p50 | p99 | worst of {STOPS} |\n|---|---|---|---|---|");
    for (what, pressure) in [
        (
            "cpu, 4 spinners a core",
            Pressure::cpu(4 * cores, percent(100.0)),
        ),
        ("memory, 256 MiB", Pressure::memory(256 << 20)),
        ("disk_io, 4 at 10 MB/s", Pressure::disk_io(4, 10_000_000)),
        (
            "disk_fill, 1 GiB",
            Pressure::disk_fill(1 << 30).consent(agreed()),
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

fn row(what: &str, from: &str, stop: impl Fn() -> Duration) {
    let mut took: Vec<_> = (0..STOPS).map(|_| stop()).collect();
    took.sort();
    println!(
        "| {what} | {from} | {:.1?} | {:.1?} | {:.1?} |",
        quantile(&took, 0.5),
        quantile(&took, 0.99),
        quantile(&took, 1.0)
    );
}

fn dropped(pressure: &Pressure) -> Duration {
    let guard = pressure.start().expect("there is room");
    std::thread::sleep(ON);
    let start = Instant::now();
    // As the drop of the guard does, which would leave nothing to look at.
    guard.stop();
    while !guard.is_gone() {
        std::thread::sleep(LOOK);
    }
    start.elapsed()
}

fn halted(pressure: &Pressure) -> Duration {
    let chaos = ChaosManager::builder().keep_entries(0).build();
    let consent = Consent::because("a bench on this machine");
    let experiment = Experiment::new("stops")
        .fault(Fault::exhaust(pressure.clone()))
        .blast_radius(BlastRadius::everything(consent));
    let guard = chaos.start(experiment).expect("there is room");
    std::thread::sleep(ON);
    let start = Instant::now();
    chaos.halt();
    let gone = tokio::runtime::Builder::new_current_thread().build();
    std::thread::scope(|scope| {
        // A thread of its own: this one is inside of the runtime that is starved.
        scope.spawn(|| {
            gone.expect("a runtime can be made")
                .block_on(chaos.halted());
        });
    });
    let took = start.elapsed();
    drop(guard);
    took
}
