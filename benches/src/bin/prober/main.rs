//! Whether the latencies that the lab measures are true, beside those of `wrk`.
//!
//! `cargo run --release -p chaos-benches --bin prober [SECONDS]`
//!
//! A server delays each request by a known time, and records how long it really took. The lab's median and 99th percentile
//! have to be within 2 % or 1 ms of the server's own. Then a server that handles 20 requests a second, one after another,
//! gets 50 a second: the lab has to send all of them, each when it was due, and their latencies have to be the queue's.
//! `wrk`, whose connections wait for their replies, does the same in the same run; it is skipped where it is not installed.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

mod delays;
mod lab;
mod overload;
mod server;
mod wrk;

fn main() -> std::process::ExitCode {
    let seconds = std::env::args().nth(1);
    let seconds = seconds.map_or(20, |seconds| seconds.parse().expect("a number of seconds"));
    let untrue = delays::print(seconds) + overload::print();
    println!("\nuntrue: {untrue}");
    std::process::ExitCode::from(u8::from(untrue > 0))
}

/// A quantile of durations.
fn quantile(of: &mut [std::time::Duration], quantile: f64) -> std::time::Duration {
    of.sort_unstable();
    let rank = (of.len() as f64 * quantile).ceil() as usize;
    of.get(rank.max(1) - 1).copied().unwrap_or_default()
}

fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
