//! Measures the cost of an operation in nanoseconds and instructions, next to comparable crates in the same run.
//!
//! `cargo run --release -p chaos-benches --bin cost`
//!
//! Nanoseconds are the median over rounds in which all scenarios take turns, so a slowdown of the machine affects all
//! of them. Instructions are counted by valgrind: (count of 2N operations − count of N) / N, minus the empty loop's.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::error::Error;
use std::time::Instant;

use chaos_benches::SCENARIOS;
use instructions::{Counted, instructions_of_this};

// Not in the library: another module there would change the codegen units of its services, and so their inlining.
#[path = "../instructions.rs"]
mod instructions;

const ROUNDS: usize = 41;
const TIMED: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, times] = arguments.as_slice() {
        let scenario = SCENARIOS
            .iter()
            .find(|scenario| scenario.name == name)
            .ok_or("no such scenario")?;
        counted_operations(&mut *(scenario.prepare)(), times.parse()?);
        return Ok(());
    }
    let nanoseconds = nanoseconds();
    let empty = instructions(SCENARIOS[0].name, 0.0).ok();
    println!("| operation | ns, median | ns, least | instructions |\n|---|---|---|---|");
    for (scenario, times) in SCENARIOS.iter().zip(nanoseconds).skip(1) {
        let counted = match empty {
            Some(empty) => format!("{:.0}", instructions(scenario.name, times[0])? - empty),
            None => "no valgrind".to_owned(),
        };
        println!(
            "| {} | {:.1} | {:.1} | {counted} |",
            scenario.name,
            times[ROUNDS / 2],
            times[0]
        );
    }
    Ok(())
}

/// Returns the sorted times per operation of every scenario.
fn nanoseconds() -> Vec<Vec<f64>> {
    let mut worlds: Vec<_> = SCENARIOS
        .iter()
        .map(|scenario| ((scenario.prepare)(), Vec::new()))
        .collect();
    for _ in 0..ROUNDS {
        for (run, times) in &mut worlds {
            let start = Instant::now();
            run(TIMED);
            times.push(start.elapsed().as_secs_f64() * 1e9 / TIMED as f64);
        }
    }
    worlds
        .into_iter()
        .map(|(_, mut times)| {
            times.sort_by(f64::total_cmp);
            times
        })
        .collect()
}

#[inline(never)]
fn counted_operations(run: &mut dyn FnMut(u64), times: u64) {
    run(times);
    // Without a tail call, valgrind sees where it ends.
    std::hint::black_box(());
}

/// Counts more operations of cheap scenarios, in which the first ones weigh more.
fn instructions(name: &str, nanoseconds: f64) -> Result<f64, Box<dyn Error>> {
    let times = if nanoseconds < 2.0 { 2_000_000 } else { 50_000 };
    instructions_of_this(name, times, Counted::Function("counted_operations"))
}
