//! Latencies against a server with known delays.

use std::time::Duration;

use crate::server::{Behaviour, Server};
use crate::{lab, millis, quantile, wrk};

/// Prints a row for each client, and returns the number of untrue figures of the lab.
pub(crate) fn print(seconds: u64) -> usize {
    println!(
        "Requests that a server delays by 5 ms and an exponential time of 20 ms, for {seconds} s:\n"
    );
    println!("| client | requests | p50, client | p50, server | p99, client | p99, server |");
    println!("|---|---|---|---|---|---|");
    let server = Server::open(Behaviour::Delays);
    let (_, samples) = lab::send(&server, 200, Duration::from_secs(seconds));
    let handled = server.handled();
    let mut own: Vec<_> = samples
        .iter()
        .filter_map(|sample| handled.get(&sample.id)?.took)
        .collect();
    let mut measured: Vec<_> = samples.iter().map(|sample| sample.took.0).collect();
    let mut untrue = usize::from(own.len() != measured.len());
    print!("| the lab, 200 a second | {} |", measured.len());
    for share in [0.5, 0.99] {
        let (measured, own) = (quantile(&mut measured, share), quantile(&mut own, share));
        let is_true = measured.abs_diff(own) <= own.mul_f64(0.02).max(Duration::from_millis(1));
        let mark = if is_true { "" } else { " !" };
        untrue += usize::from(!is_true);
        print!(
            " {:.2} ms{mark} | {:.2} ms |",
            millis(measured),
            millis(own)
        );
    }
    println!();
    let server = Server::open(Behaviour::Delays);
    match wrk::send(&server, 5, seconds) {
        Some(measured) => {
            let mut own: Vec<_> = server
                .handled()
                .values()
                .filter_map(|one| one.took)
                .collect();
            println!(
                "| wrk, 5 connections | {} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms |",
                measured.requests,
                millis(measured.p50),
                millis(quantile(&mut own, 0.5)),
                millis(measured.p99),
                millis(quantile(&mut own, 0.99)),
            );
        }
        None => println!("| wrk | skipped: it is not installed |"),
    }
    untrue
}
