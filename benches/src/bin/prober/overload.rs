//! Latencies against a server that gets more than it can handle.

use std::time::Duration;

use crate::server::{Behaviour, Server};
use crate::{lab, millis, quantile, wrk};

const PER_SECOND: u32 = 50;
const SECONDS: u64 = 10;

/// The time that a request may be sent too late at the 99th percentile.
const LATE: Duration = Duration::from_millis(5);

/// Prints a row for each client, and returns the number of untrue figures of the lab.
pub(crate) fn print() -> usize {
    println!("\nA server that handles 20 requests a second, one by one, for {SECONDS} s:\n");
    println!("| client | requests | p50 | p99 | last |");
    println!("|---|---|---|---|---|");
    let server = Server::open(Behaviour::OneByOne);
    let (start, mut samples) = lab::send(&server, PER_SECOND, Duration::from_secs(SECONDS));
    samples.sort_by_key(|sample| sample.due.0);
    let handled = server.handled();
    let mut late = Vec::new();
    let mut untrue = 0;
    for sample in &samples {
        let due = start + sample.due.0;
        let Some((arrived, took)) = handled
            .get(&sample.id)
            .and_then(|request| Some((request.arrived, request.took?)))
        else {
            println!("`{}` did not arrive !", sample.id);
            untrue += 1;
            continue;
        };
        late.push(arrived.saturating_duration_since(due));
        let own = (arrived + took).saturating_duration_since(due);
        let is_true =
            sample.took.0.abs_diff(own) <= own.mul_f64(0.02).max(Duration::from_millis(1));
        untrue += usize::from(!is_true);
    }
    let last = samples
        .last()
        .map_or(Duration::ZERO, |sample| sample.took.0);
    // Each request waits for 50 ms of those before it, of which 20 ms pass until it is due.
    let expected = Duration::from_millis(30) * (PER_SECOND * SECONDS as u32);
    untrue += usize::from(last < expected);
    let mut measured: Vec<_> = samples.iter().map(|sample| sample.took.0).collect();
    println!(
        "| the lab, {PER_SECOND} a second | {} | {:.2} s | {:.2} s | {:.2} s |",
        measured.len(),
        quantile(&mut measured, 0.5).as_secs_f64(),
        quantile(&mut measured, 0.99).as_secs_f64(),
        last.as_secs_f64()
    );
    let server = Server::open(Behaviour::OneByOne);
    match wrk::send(&server, 5, SECONDS) {
        Some(measured) => println!(
            "| wrk, 5 connections | {} | {:.2} s | {:.2} s | – |",
            measured.requests,
            measured.p50.as_secs_f64(),
            measured.p99.as_secs_f64()
        ),
        None => println!("| wrk | skipped: it is not installed |"),
    }
    let late = quantile(&mut late, 0.99);
    let mark = if late > LATE { " !" } else { "" };
    println!(
        "\nThe lab's requests reached the server {:.2} ms after they were due, at the 99th percentile{mark}.",
        millis(late)
    );
    untrue + usize::from(late > LATE)
}
