//! How often the verdicts of the lab are wrong, and how often they decide.
//!
//! `cargo run --release -p chaos-benches --bin verdicts [RUNS [SEED]]`
//!
//! Whole records are made up, each with another true value, and judged: 10,000 by default for each indicator, a fifth of
//! them for each true value. They have as many requests as `explain` plans. The benchmark fails if more than 5 % of the
//! verdicts on any true value are wrong, less than 90 % of those on a far one are right, or a run without requests decides
//! anything. Then the conditions that end a run early are looked at, second by second.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

mod aborts;
mod chance;
#[path = "../soak/dice.rs"]
#[expect(dead_code, reason = "the soak rolls more")]
mod dice;
mod judged;
mod made_up;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runs = arguments.first();
    let runs = runs.map_or(10_000, |runs| runs.parse().expect("a number of runs"));
    let seed = arguments.get(1);
    let seed = seed.map_or(7, |seed| seed.parse().expect("a seed"));
    let dice = dice::Dice::seeded(seed);
    println!("Seed {seed}.\n");
    let failed = judged::print(runs, &dice) + aborts::print(runs / 5, &dice);
    println!("\nbeyond what is promised: {failed}");
    std::process::ExitCode::from(u8::from(failed > 0))
}
