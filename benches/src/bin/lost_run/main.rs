//! What is left of a run when its command is killed or interrupted in the middle of the injection.
//!
//! `cargo build --release -p chaos-cli && cargo run --release -p chaos-benches --bin lost_run [ROUNDS] [SEED]`, on Linux
//!
//! Each round serves a shop, runs `chaos-lab run` against it in another process, and sends that a signal at a random moment
//! after the fault is in force. After SIGKILL, the time counts from the end of the lease on the clock of the shop until its
//! own decisions inject nothing; after SIGINT, from the signal. `chaos-lab judge` then has to make a report of the record.
//! The benchmark fails if the shop is clean later than 100 ms, or a report is missing.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

#[cfg(target_os = "linux")]
#[path = "../soak/dice.rs"]
#[expect(dead_code, reason = "the soak rolls more")]
mod dice;
#[cfg(target_os = "linux")]
mod rounds;
#[cfg(target_os = "linux")]
#[path = "../door/service.rs"]
mod service;
#[cfg(target_os = "linux")]
mod shop;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments.first();
    let rounds = rounds.map_or(20, |rounds| rounds.parse().expect("a number of rounds"));
    let seed = arguments.get(1).map(|seed| seed.parse().expect("a seed"));
    let failed = rounds::print(rounds, seed);
    std::process::ExitCode::from(u8::from(failed > 0))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark sends signals to processes on Linux");
}
