//! The instructions of a request on its own thread.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use http::Request;
use tower::Service as _;

use crate::instructions::{Counted, instructions_of_this};
use crate::service::Service;
use crate::subscribers;

/// The scenarios: no API, and one with a number of subscribers.
const SCENARIOS: [(&str, Option<usize>); 4] = [
    ("no API", None),
    ("the API, no subscriber", Some(0)),
    ("1 subscriber", Some(1)),
    ("100 subscribers", Some(100)),
];

/// The requests that are counted.
const TIMES: u64 = 5_000;

/// How much the counts of two scenarios may differ, as a share.
const BAR: f64 = 0.03;

/// Prints the instructions of a request in each scenario, and returns 1 if they differ too much.
pub(crate) fn print() -> usize {
    let counts: Result<Vec<f64>, _> = SCENARIOS
        .iter()
        .map(|(name, _)| instructions_of_this(name, TIMES, Counted::Function("counted_requests")))
        .collect();
    let counts = match counts {
        Ok(counts) => counts,
        Err(error) => {
            println!("\nskipped: {error}");
            return 0;
        }
    };
    println!("\n| a request that is injected into | instructions on its thread |\n|---|---|");
    let mut misses = 0;
    for ((name, _), count) in SCENARIOS.iter().zip(&counts) {
        let more = count / counts[0] - 1.0;
        let mark = if more > BAR { " !" } else { "" };
        misses += usize::from(more > BAR);
        println!("| {name} | {count:.0} ({:+.2} %){mark} |", more * 100.0);
    }
    usize::from(misses > 0)
}

/// Handles requests on this thread.
pub(crate) fn run(scenario: &str, times: u64) {
    let known = SCENARIOS.iter().find(|(name, _)| *name == scenario);
    let (_, subscribed) = known.expect("a scenario");
    let service = Service::new();
    let admin = subscribed.map(|_| service.admin());
    let subscribed = match (&admin, subscribed) {
        (Some((_, socket)), Some(count @ 1..)) => {
            let socket = socket.to_str().expect("a path of text");
            Some(subscribers::start(socket, *count))
        }
        _ => None,
    };
    counted_requests(&mut service.app.clone(), times);
    drop(subscribed);
}

/// Nothing else has this name, so that only this function is counted.
#[inline(never)]
fn counted_requests(app: &mut Router, times: u64) {
    for _ in 0..times {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = http::Uri::from_static("/order");
        let handled = pin!(app.call(black_box(request)));
        match handled.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => drop(black_box(response)),
            Poll::Pending => unreachable!("nothing here waits"),
        }
    }
}
