//! What became of each request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

/// All requests so far, in the order in which they were due.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    pub(crate) start: Instant,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Debug, Clone, Copy)]
struct Request {
    wish: Wish,
    due: Instant,
    end: Option<(Outcome, Duration)>,
}

/// What a customer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Browse,
    Checkout,
}

/// How a request turned out for its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked to, be it from what was known before.
    Served,
    Failed,
}

/// A stretch of time, and what was seen of the requests that were due in it.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub(crate) all: u64,
    pub(crate) checkouts: u64,
    pub(crate) failed: u64,
    pub(crate) per_second: f64,
    times: Histogram<u64>,
}

impl Requests {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            requests: Arc::default(),
        }
    }

    /// Notes a request; its number is its place.
    pub(crate) fn begin(&self, wish: Wish, due: Instant) {
        let end = None;
        self.lock().push(Request { wish, due, end });
    }

    /// Notes how it ended. Its time counts from when it was due, however late it was sent.
    pub(crate) fn end(&self, number: usize, outcome: Outcome) {
        if let Some(request) = self.lock().get_mut(number) {
            request.end = Some((outcome, request.due.elapsed()));
        }
    }

    /// How a request ended, if it has.
    pub(crate) fn outcome(&self, number: usize) -> Option<Outcome> {
        let request = *self.lock().get(number)?;
        request.end.map(|(outcome, _)| outcome)
    }

    /// How many have not ended.
    pub(crate) fn under_way(&self) -> u64 {
        self.lock().iter().filter(|one| one.end.is_none()).count() as u64
    }

    /// What is to be seen of the requests that were due from one moment to another.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Stretch {
        let mut stretch = Stretch {
            all: 0,
            checkouts: 0,
            failed: 0,
            per_second: 0.0,
            times: micros(),
        };
        for request in self
            .lock()
            .iter()
            .filter(|one| (from..to).contains(&one.due))
        {
            stretch.all += 1;
            stretch.checkouts += u64::from(request.wish == Wish::Checkout);
            if let Some((outcome, took)) = request.end {
                stretch.failed += u64::from(outcome == Outcome::Failed);
                stretch.times.saturating_record(took.as_micros() as u64);
            }
        }
        stretch.per_second = stretch.all as f64 / (to - from).as_secs_f64();
        stretch
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stretch {
    pub(crate) fn p50(&self) -> Duration {
        Duration::from_micros(self.times.value_at_quantile(0.5))
    }

    pub(crate) fn p99(&self) -> Duration {
        Duration::from_micros(self.times.value_at_quantile(0.99))
    }

    /// Whether all of its requests have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.times.len() == self.all
    }
}

/// From a microsecond to a minute, to three digits.
fn micros() -> Histogram<u64> {
    match Histogram::new_with_max(60_000_000, 3) {
        Ok(histogram) => histogram,
        Err(error) => unreachable!("the bounds are constants: {error}"),
    }
}
