//! What exploring finds of the storefront's mistakes, and what it costs beside the tests themselves.
//!
//! `cargo run --release -p storefront --example exploring`

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

#[path = "../tests/explore/shop.rs"]
mod shop;

use std::num::NonZeroUsize;
use std::time::Duration;

use chaos_tower::Report;
use storefront::Bug;

const ROUNDS: usize = 7;

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

    let mut one = Vec::new();
    let mut two = Vec::new();
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        let alone = explored_by(1);
        shares.push(alone.time_around_tests().as_secs_f64() / alone.time_in_tests().as_secs_f64());
        one.push(alone.took());
        two.push(explored_by(2).took());
    }
    let (one, two) = (median(one), median(two));
    shares.sort_by(f64::total_cmp);
    println!("\nmedians of {ROUNDS} turns, depth 1:");
    println!(
        "one thread {one:.0?}, two threads {two:.0?}: {:.2} times as fast",
        one.as_secs_f64() / two.as_secs_f64()
    );
    println!(
        "beside the tests' own time {:.1} %",
        100.0 * shares[ROUNDS / 2]
    );
}

fn explored_by(threads: usize) -> Report {
    let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
    shop::exploration(None).threads(threads).run()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
