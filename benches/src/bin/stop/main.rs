//! How late chaos stops while something is held up: a log reader, a recorder, an undo, every worker, …
//!
//! `cargo run --release -p chaos-benches --bin stop [ROUNDS]`
//!
//! A cell is the worst lateness of all rounds, less the lateness of a thread that only sleeps to the same instant. User
//! code that is itself held up is not waited for; everything else must happen within 100 ms. That includes the 50 ms
//! between two looks at a halt file.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

mod held_up;
mod stop;

use std::time::Duration;

use held_up::HeldUp;
use stop::Stop;

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .map_or(20, |rounds| rounds.parse().expect("a number of rounds"));
    let titles: Vec<&str> = Stop::ALL.iter().map(|stop| stop.name()).collect();
    println!("| held up | {} |", titles.join(" | "));
    println!("|---{}|", "|---".repeat(titles.len()));
    let mut worst = Duration::ZERO;
    for held_up in HeldUp::ALL {
        let cells: Vec<String> = Stop::ALL
            .iter()
            .map(|stop| {
                let lateness = (0..rounds)
                    .map(|_| stop.lateness(held_up))
                    .max()
                    .unwrap_or_default();
                worst = worst.max(lateness);
                format!("{:.1} ms", lateness.as_secs_f64() * 1e3)
            })
            .collect();
        println!("| {} | {} |", held_up.name(), cells.join(" | "));
    }
    for skipped in [
        "a `stat` that never returns",
        "a processor quota",
        "a clock that jumps",
        "SIGSTOP until SIGCONT",
    ] {
        println!("| {skipped} | skipped: not automated |");
    }
    println!("\nworst: {:.1} ms", worst.as_secs_f64() * 1e3);
}
