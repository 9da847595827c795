//! Statistics of the requests in an interval.

use std::time::Duration;

use tokio::time::Instant;

/// A request of the load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    due: Instant,
    kind: Kind,
    end: Option<(Outcome, Duration)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Browse,
    Checkout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
}

/// Statistics of the requests that were due in an interval.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stats {
    pub(crate) all: u64,
    pub(crate) checkouts: u64,
    pub(crate) failed: u64,
    pub(crate) per_second: f64,
    /// In ascending order.
    times: Vec<Duration>,
}

impl Request {
    pub(crate) fn new(due: Instant, kind: Kind) -> Self {
        let end = None;
        Self { due, kind, end }
    }

    /// Records the end; the time counts from when the request was due, even if it was sent later.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.end = Some((outcome, self.due.elapsed()));
    }

    /// Returns the outcome; `None` while the request is in progress.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.end.map(|(outcome, _)| outcome)
    }
}

impl Stats {
    pub(crate) fn of(requests: &[Request], from: Instant, to: Instant) -> Self {
        let mut stats = Self::default();
        for request in requests.iter().filter(|one| (from..to).contains(&one.due)) {
            stats.all += 1;
            stats.checkouts += u64::from(request.kind == Kind::Checkout);
            if let Some((outcome, took)) = request.end {
                stats.failed += u64::from(outcome == Outcome::Failure);
                stats.times.push(took);
            }
        }
        stats.times.sort();
        stats.per_second = stats.all as f64 / (to - from).as_secs_f64();
        stats
    }

    pub(crate) fn p50(&self) -> Duration {
        self.quantile(0.5)
    }

    pub(crate) fn p99(&self) -> Duration {
        self.quantile(0.99)
    }

    fn quantile(&self, quantile: f64) -> Duration {
        let rank = (self.times.len() as f64 * quantile).ceil() as usize;
        let time = self.times.get(rank.saturating_sub(1));
        time.copied().unwrap_or_default()
    }

    /// Whether all requests have ended.
    pub(crate) fn is_complete(&self) -> bool {
        self.times.len() as u64 == self.all
    }
}
