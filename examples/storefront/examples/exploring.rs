//! What exploration finds of the storefront's mistakes, and how much time it adds to the tests themselves.
//!
//! `cargo run --release -p storefront --example exploring`, and with `taskset -c 0` on one processor

#![allow(clippy::print_stdout, reason = "this prints a table")]

#[path = "../tests/explore/exploration.rs"]
mod exploration;

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use exploration::exploration;
use storefront::Bug;

const ROUNDS: usize = 15;

fn main() {
    println!("| mistake | findings | runs | the first |\n|---|---|---|---|");
    for bug in Bug::ALL {
        let report = exploration(Some(bug)).report();
        let (findings, runs) = (report.findings(), report.runs());
        let first = findings.first().map_or("none", |finding| finding.line());
        println!("| {bug:?} | {} | {runs} | `{first}` |", findings.len());
    }

    let mut times = Vec::new();
    let mut overheads = Vec::new();
    for _ in 0..ROUNDS {
        times.push(exploration(None).run().took());
        let report = exploration(None).threads(NonZeroUsize::MIN).run();
        let (around, inside) = (report.overhead(), report.test_time());
        overheads.push(100.0 * around.as_secs_f64() / inside.as_secs_f64());
    }
    times.sort();
    overheads.sort_by(f64::total_cmp);
    let (time, overhead) = (times[ROUNDS / 2], overheads[ROUNDS / 2]);
    let processors = available_parallelism().map_or(1, NonZeroUsize::get);
    println!("\nmedians of {ROUNDS} rounds, depth 1:");
    println!("on {processors} processors {time:.0?}");
    println!("in addition to the tests' own time {overhead:.1} %");
}
