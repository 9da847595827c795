//! Statistics of the requests in an interval.

use std::time::Duration;

use tokio::time::Instant;

/// A request of the load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    due: Instant,
    is_checkout: bool,
    end: Option<End>,
}

#[derive(Debug, Clone, Copy)]
struct End {
    succeeded: bool,
    took: Duration,
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
    pub(crate) fn new(due: Instant, is_checkout: bool) -> Self {
        Self {
            due,
            is_checkout,
            end: None,
        }
    }

    /// Records the end; the time counts from when the request was due, even if it was sent later.
    pub(crate) fn end(&mut self, succeeded: bool) {
        let took = self.due.elapsed();
        self.end = Some(End { succeeded, took });
    }

    /// Whether the request succeeded; `None` while it is in progress.
    pub(crate) fn succeeded(&self) -> Option<bool> {
        self.end.map(|end| end.succeeded)
    }
}

impl Stats {
    pub(crate) fn of(requests: &[Request], from: Instant, to: Instant) -> Self {
        let mut stats = Self::default();
        for request in requests.iter().filter(|one| (from..to).contains(&one.due)) {
            stats.all += 1;
            stats.checkouts += u64::from(request.is_checkout);
            if let Some(end) = request.end {
                stats.failed += u64::from(!end.succeeded);
                stats.times.push(end.took);
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
