//! What exploring finds of the storefront's mistakes, and what it costs beside the tests themselves.
//!
//! `cargo run --release -p storefront --example exploring`, and with `taskset -c 0` on one processor

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

#[path = "../tests/explore/shop.rs"]
mod shop;

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use storefront::Bug;

const ROUNDS: usize = 15;

fn main() {
    println!("| mistake | findings | runs | the first |\n|---|---|---|---|");
    for bug in Bug::ALL {
        let report = shop::exploration(Some(bug)).report();
        let first = report
            .findings()
            .first()
            .map_or("none", |finding| finding.line());
        println!(
            "| {bug:?} | {} | {} | `{first}` |",
            report.findings().len(),
            report.runs()
        );
    }

    let mut times = Vec::new();
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        let report = shop::exploration(None).run();
        times.push(report.took());
        let alone = shop::exploration(None).threads(NonZeroUsize::MIN).run();
        shares.push(alone.overhead().as_secs_f64() / alone.test_time().as_secs_f64());
    }
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    shares.sort_by(f64::total_cmp);
    println!("\nmedians of {ROUNDS} turns, depth 1:");
    println!("on {processors} processors {:.0?}", median(times));
    println!(
        "beside the tests' own time {:.1} %",
        100.0 * shares[ROUNDS / 2]
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
