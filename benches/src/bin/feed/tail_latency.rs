//! The 99th percentile of requests, with subscribers and without.

use std::time::Duration;

use crate::clients::{RATE, latencies};
use crate::process::Process;
use crate::service::SERVE;
use crate::subscribers;

const SUBSCRIBERS: usize = 100;
const TIME: Duration = Duration::from_secs(4);

/// How much higher the percentile may be with subscribers, as a share.
const BAR: f64 = 0.25;

/// Prints the percentiles, and returns 1 if they differ too much.
pub(crate) fn print(runs: usize) -> usize {
    // Before other programs, which would count otherwise; not every user may do that.
    let _ = rustix::process::nice(-15);
    let service = Process::of_this([SERVE]);
    let address = service.line().expect("an address");
    let socket = service.line().expect("a socket");
    // Warms up.
    latencies(&address, TIME / 4);
    let (mut alone, mut watched, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        alone.push(percentiles(latencies(&address, TIME)));
        let subscribers = subscribers::start(&socket, SUBSCRIBERS);
        watched.push(percentiles(latencies(&address, TIME)));
        // The first second began before the requests.
        let _ = subscribers.line();
        let bytes: f64 = subscribers
            .line()
            .expect("a number")
            .parse()
            .expect("a number");
        read.push(bytes / 1e6);
    }
    let _ = std::fs::remove_file(socket);
    println!("{RATE} requests a second, each injected into, {runs} runs in turn:\n");
    println!(
        "| subscribers | p50, median | p99, median | p99, least | p99, most |\n|---|---|---|---|---|"
    );
    let p99 = [(0, alone), (SUBSCRIBERS, watched)].map(|(count, runs)| {
        let of = |at: usize| median(runs.iter().map(|run| run[at]).collect());
        let tails = || runs.iter().map(|run| run[1]);
        println!(
            "| {count} | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} µs |",
            of(0),
            of(1),
            tails().fold(f64::INFINITY, f64::min),
            tails().fold(0.0, f64::max)
        );
        of(1)
    });
    let more = p99[1] / p99[0] - 1.0;
    let mark = if more > BAR { " !" } else { "" };
    println!(
        "\np99 with subscribers: {:+.0} %{mark}; they read {:.0} MB/s together",
        more * 100.0,
        median(read)
    );
    usize::from(more > BAR)
}

/// Returns the 50th and the 99th percentile in microseconds.
fn percentiles(mut took: Vec<Duration>) -> [f64; 2] {
    took.sort();
    [50, 99].map(|percent| took[took.len() * percent / 100].as_secs_f64() * 1e6)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
