//! What the API of `chaos-admin` promises about stopping, while the service is starved and when its client dies.
//!
//! `cargo run --release -p chaos-benches --bin door [ROUNDS] [SEED]`, on Linux
//!
//! The client is a process of its own. All times are the worst of all rounds, less the lateness of a thread in the service
//! that only sleeps to the same instant. One above 100 ms is marked with `!`, and fails the run. What the machine lacks is
//! printed as skipped.
//!
//! A halt counts from before its request is written until the service's own decisions inject nothing. A lease counts from
//! its end on the clock of the service.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

// Shared files are not in the library, for the same reason as `instructions.rs`.
#[cfg(target_os = "linux")]
#[path = "../../api_client.rs"]
mod api_client;
#[cfg(target_os = "linux")]
#[path = "../../bare.rs"]
mod bare;
#[cfg(target_os = "linux")]
#[path = "../../blocked_workers.rs"]
mod blocked_workers;
#[cfg(target_os = "linux")]
mod descriptor_hog;
#[cfg(target_os = "linux")]
#[path = "../soak/dice.rs"]
#[expect(dead_code, reason = "the soak rolls more")]
mod dice;
#[cfg(target_os = "linux")]
mod frozen_thread;
#[cfg(target_os = "linux")]
#[path = "../stop/held_up/hold.rs"]
#[expect(dead_code, reason = "the other benchmark waits for what hangs")]
mod hold;
#[cfg(target_os = "linux")]
mod lease_holder;
#[cfg(target_os = "linux")]
mod lost_holder;
#[cfg(target_os = "linux")]
#[path = "../../monotonic.rs"]
mod monotonic;
#[cfg(target_os = "linux")]
#[path = "../../process.rs"]
mod process;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod starved;
#[cfg(target_os = "linux")]
mod starved_rounds;
#[cfg(target_os = "linux")]
mod starved_service;
#[cfg(target_os = "linux")]
#[path = "../stop/held_up/subscriber.rs"]
mod subscriber;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(starved_service::SERVE) => starved_service::serve(&arguments[1..]),
        Some(lease_holder::HOLD) => lease_holder::hold(&arguments[1]),
        Some(frozen_thread::FREEZE) => frozen_thread::freeze(&arguments[1]),
        rounds => {
            let rounds = rounds.map_or(20, |rounds| rounds.parse().expect("a number of rounds"));
            let seed = arguments.get(1).map(|seed| seed.parse().expect("a seed"));
            let late = starved::print(rounds) + lost_holder::print(rounds, seed);
            println!("\nabove the bar: {late}");
            std::process::ExitCode::from(u8::from(late > 0))
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark reads /proc, which only Linux has");
}
