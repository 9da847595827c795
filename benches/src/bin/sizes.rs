//! How long starts, ends and halts take beside many sites and many experiments.
//!
//! `cargo run --release -p chaos-benches --bin sizes [SITES] [EXPERIMENTS]`

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::time::{Duration, Instant};

use chaos_core::adapter::Support;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Experiment, ExperimentGuard, Failure, Fault, Operation,
    SiteKind,
};

const ROUNDS: usize = 25;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|n| n.parse().expect("a number"));
    let sites: usize = arguments.next().unwrap_or(50_000);
    let experiments: usize = arguments.next().unwrap_or(1_000);

    let chaos = ChaosManager::new();
    let handles: Vec<_> = (0..sites)
        .map(|at| {
            let kind = if at % 10 == 0 {
                SiteKind::Server
            } else {
                SiteKind::Client
            };
            chaos.register(kind, &service(at), Support::CALLS)
        })
        .collect();
    let guards: Vec<_> = (0..experiments)
        .map(|at| start(&chaos, at, BlastRadius::services([service(at)])))
        .collect();
    println!("{sites} sites, {experiments} experiments; the median and the worst of {ROUNDS}");

    let named = || BlastRadius::services([service(sites / 2)]);
    report("start, one service", || {
        time_start(&chaos, experiments, named())
    });
    report("start, an unknown service", || {
        time_start(&chaos, experiments, BlastRadius::services(["svc-one"]))
    });
    report("start, all sites", || {
        let consent = Consent::by("the bench").expect("a name");
        time_start(&chaos, experiments, BlastRadius::everything(consent))
    });
    report("end, one service", || {
        let guard = start(&chaos, experiments, named());
        time(|| drop(guard))
    });
    drop(guards);

    let mut halts: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let guards: Vec<_> = (0..experiments)
                .map(|at| start(&chaos, at, BlastRadius::services([service(at)])))
                .collect();
            assert!(strikes(&handles[0]));
            let halted = time(|| chaos.halt());
            assert!(!strikes(&handles[0]));
            drop(guards);
            chaos.resume();
            halted
        })
        .collect();
    print_row("halt, all experiments", &mut halts);
}

fn service(at: usize) -> String {
    format!("service-{at:05}")
}

fn start(chaos: &ChaosManager, at: usize, radius: BlastRadius) -> ExperimentGuard {
    let experiment = Experiment::new(format!("experiment {at}"))
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius);
    chaos.start(experiment).expect("a start")
}

fn strikes(site: &chaos_core::Site) -> bool {
    site.needs().is_some() && !site.decide(&Operation::new("reserve")).is_none()
}

fn time_start(chaos: &ChaosManager, at: usize, radius: BlastRadius) -> Duration {
    let mut guard = None;
    time(|| guard = Some(start(chaos, at, radius)))
}

fn time(action: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    action();
    begun.elapsed()
}

fn report(what: &str, mut measure: impl FnMut() -> Duration) {
    let mut times: Vec<_> = (0..ROUNDS).map(|_| measure()).collect();
    print_row(what, &mut times);
}

fn print_row(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what:30} {median:>12.1?} {worst:>12.1?}");
}
