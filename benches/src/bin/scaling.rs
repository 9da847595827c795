//! Measures how the throughput of a site scales from one thread to two, next to a bare relaxed load in the same run.
//!
//! `cargo run --release -p chaos-benches --bin scaling`

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use chaos_core::{BlastRadius, ChaosManager, Failure, Fault, Operation, Rate, Scope};

const TIMES: u64 = 10_000_000;
const ROUNDS: usize = 7;

fn main() {
    let chaos = ChaosManager::new();
    let (idle, busy) = (chaos.site("idle"), chaos.site("busy"));
    let radius = BlastRadius::points_at("busy").rate(Rate::percent(1e-9).expect("a share of one"));
    let _guard = chaos
        .inject(radius, Fault::error(Failure::Unavailable))
        .expect("the experiment makes sense");
    let (word, shared, counter) = (
        AtomicU32::new(0),
        ArcSwap::from_pointee(7_u64),
        AtomicU32::new(0),
    );
    fail::cfg("elsewhere", "return").expect("a fail point's action");

    println!("| operation | one thread, ns | two threads, ns | two do |\n|---|---|---|---|");
    row("relaxed load", || {
        black_box(&word).load(Ordering::Relaxed);
    });
    row("site, nothing concerns it", || {
        black_box(idle.decide(&Operation::new("reserve")).is_none());
    });
    row("site, keyed, missed", || {
        // Each thread has its own scope, as each request does.
        thread_local!(static SCOPE: Scope = Scope::new(chaos_benches::KEY));
        SCOPE.with(|scope| {
            black_box(
                busy.decide(&Operation::new("reserve").within(scope))
                    .is_none(),
            )
        });
    });
    row("arc-swap load", || {
        black_box(**shared.load());
    });
    row("shared counter", || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    row("fail point, one other configured", || {
        black_box(peer());
    });
}

fn peer() -> bool {
    fail::fail_point!("reserve", |_| false);
    true
}

/// Prints medians of alternating rounds; "two do" is the throughput of two threads relative to that of one.
fn row(name: &str, operation: impl Fn() + Sync) {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(time(1, &operation));
        two.push(time(2, &operation));
    }
    let (one, two) = (median(one), median(two));
    println!(
        "| {name} | {one:.2} | {two:.2} | {:.2} × |",
        2.0 * one / two
    );
}

/// Returns the nanoseconds per operation of the slowest of `threads` concurrent threads.
fn time(threads: usize, operation: &(impl Fn() + Sync)) -> f64 {
    let barrier = Barrier::new(threads);
    let work = || {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..TIMES {
            operation();
        }
        start.elapsed().as_secs_f64() * 1e9 / TIMES as f64
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no thread panics"))
            .fold(0.0, f64::max)
    })
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
