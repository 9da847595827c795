//! How late chaos stops while something is held up: a log reader, a recorder, an undo, every worker, …
//!
//! `cargo run --release -p chaos-benches --bin stop [ROUNDS] [ROW]…`, on Linux; a row is part of a name in the first column
//!
//! A cell is the worst lateness of all rounds, less the lateness of a thread that only sleeps to the same instant. User
//! code that is itself held up is not waited for; everything else must happen within 100 ms, under a processor quota
//! within one of its periods more. That includes the 50 ms between two looks at a halt file. A cell above that is marked
//! with `!`, and fails the run.
//!
//! Where no `stat` returns, a halt file counts as one that exists after a grace; lateness counts from its end. Where the
//! process is stopped, it counts from SIGCONT. A process that is stopped for longer than the grace may find that its halt
//! file was not checked for too long, and halt: it is then safer than it has to be.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

// Not in the library, for the same reason as `instructions.rs`.
#[cfg(target_os = "linux")]
#[path = "../../bare.rs"]
mod bare;
#[cfg(target_os = "linux")]
#[path = "../../blocked_workers.rs"]
mod blocked_workers;
#[cfg(target_os = "linux")]
mod cell;
#[cfg(target_os = "linux")]
mod held_up;
#[cfg(target_os = "linux")]
#[path = "../../monotonic.rs"]
mod monotonic;
#[cfg(target_os = "linux")]
mod stop;
#[cfg(target_os = "linux")]
mod surroundings;
#[cfg(target_os = "linux")]
mod table;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(cell::MEASURE) => cell::measure(&arguments[1..]),
        Some(held_up::STOPPER) => {
            held_up::stop_parent(&arguments[1]);
            std::process::ExitCode::SUCCESS
        }
        rounds => {
            let rounds = rounds.map_or(20, |rounds| rounds.parse().expect("a number of rounds"));
            table::print(rounds, arguments.get(1..).unwrap_or_default())
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark reads /proc, which only Linux has");
}
