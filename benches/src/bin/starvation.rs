//! Measures how late time limits and halt files take effect while every worker of the runtime is blocked.
//!
//! `cargo run --release -p chaos-benches --bin starvation`

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::time::{Duration, Instant};

use chaos_core::{
    BlastRadius, ChaosManager, EndReason, Experiment, ExperimentGuard, Failure, Fault,
};

use blocked_workers::BlockedWorkers;

// Not in the library, for the same reason as `instructions.rs`.
#[path = "../blocked_workers.rs"]
mod blocked_workers;

const LIMIT: Duration = Duration::from_millis(1_000);
const ROUNDS: usize = 5;

fn main() {
    println!("| | experiments | median | worst of {ROUNDS} rounds |\n|---|---|---|---|");
    for count in [1, 1_000] {
        row("1000 ms limit, late by", count, || limits(count));
    }
    for count in [1, 1_000] {
        row("halt file, all ended after", count, || halt_file(count));
    }
}

fn row(what: &str, count: usize, round: impl Fn() -> Vec<Duration>) {
    let mut late: Vec<_> = (0..ROUNDS).flat_map(|_| round()).collect();
    late.sort();
    println!(
        "| {what} | {count} | {:.1?} | {:.1?} |",
        late[late.len() / 2],
        late[late.len() - 1]
    );
}

fn limits(count: usize) -> Vec<Duration> {
    let chaos = ChaosManager::builder().keep_entries(0).build();
    let (guards, due): (Vec<_>, Vec<_>) = (0..count)
        .map(|number| (start(&chaos, number, LIMIT), Instant::now() + LIMIT))
        .unzip();
    let ends = blocked(|| ends_of(&guards, &EndReason::TimeLimit));
    ends.iter()
        .zip(&due)
        .map(|(end, due)| end.saturating_duration_since(*due))
        .collect()
}

fn halt_file(count: usize) -> Vec<Duration> {
    let path = std::env::temp_dir().join(format!("chaos-halt-{}", std::process::id()));
    let chaos = ChaosManager::builder()
        .keep_entries(0)
        .halt_file(&path)
        .build();
    let guards: Vec<_> = (0..count)
        .map(|number| start(&chaos, number, 60 * LIMIT))
        .collect();
    let (created, ends) = blocked(|| {
        std::fs::write(&path, "").expect("the directory of temporary files is writable");
        (Instant::now(), ends_of(&guards, &EndReason::Halted))
    });
    std::fs::remove_file(&path).expect("it was just made");
    vec![
        ends.iter()
            .map(|end| end.saturating_duration_since(created))
            .max()
            .unwrap_or_default(),
    ]
}

fn start(chaos: &ChaosManager, number: usize, limit: Duration) -> ExperimentGuard {
    let experiment = Experiment::new(format!("experiment {number}"))
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at(format!("service {number}")))
        .time_limit(limit);
    chaos.start(experiment).expect("the experiment makes sense")
}

/// Returns when each experiment ended, polled every half millisecond.
fn ends_of(guards: &[ExperimentGuard], reason: &EndReason) -> Vec<Instant> {
    let mut ends = vec![None; guards.len()];
    while ends.iter().any(Option::is_none) {
        for (guard, end) in guards.iter().zip(&mut ends) {
            if end.is_none() && guard.ended() == Some(reason) {
                *end = Some(Instant::now());
            }
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    ends.into_iter().flatten().collect()
}

/// Runs `watch` on this thread while every worker of a runtime is blocked.
fn blocked<R>(watch: impl FnOnce() -> R) -> R {
    let _workers = BlockedWorkers::block();
    watch()
}
