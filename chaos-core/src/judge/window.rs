//! A sliding window over outcomes, divided into slots that expire one by one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::Judged;
use crate::outcome::Outcome;
use crate::outcome::Population;

/// A sliding window over outcomes, with separate counts for treated and untreated operations.
#[derive(Debug)]
pub(super) struct Window {
    over: Duration,
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    start: Instant,
    treated: Tally,
    untreated: Tally,
}

/// The counts and latencies of outcomes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    latency: Option<Histogram<u64>>,
}

impl Window {
    /// The number of slots: no outcome older than the window is judged, and none of its latest nine tenths is missed.
    const SLOTS: u32 = 10;

    pub(super) fn over(over: Duration) -> Self {
        Self {
            over,
            slots: VecDeque::new(),
        }
    }

    pub(super) fn record(
        &mut self,
        now: Instant,
        outcome: Outcome,
        took: Duration,
        population: Population,
    ) {
        self.drop_expired(now);
        let width = self.over / Self::SLOTS;
        if self
            .slots
            .back()
            .is_none_or(|slot| now.saturating_duration_since(slot.start) >= width)
        {
            self.slots.push_back(Slot {
                start: now,
                treated: Tally::default(),
                untreated: Tally::default(),
            });
        }
        if let Some(slot) = self.slots.back_mut() {
            let tally = match population {
                Population::Treated => &mut slot.treated,
                Population::Untreated => &mut slot.untreated,
            };
            tally.add(outcome, took);
        }
    }

    /// Sums the outcomes in the window.
    pub(super) fn tally(&mut self, now: Instant, judged: Judged) -> Tally {
        self.drop_expired(now);
        let mut sum = Tally::default();
        for slot in &self.slots {
            for (population, tally) in [
                (Population::Treated, &slot.treated),
                (Population::Untreated, &slot.untreated),
            ] {
                if population.belongs_to(judged) {
                    sum.merge(tally);
                }
            }
        }
        sum
    }

    fn drop_expired(&mut self, now: Instant) {
        while self
            .slots
            .front()
            .is_some_and(|slot| now.saturating_duration_since(slot.start) > self.over)
        {
            self.slots.pop_front();
        }
    }
}

impl Tally {
    pub(super) fn samples(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// The share of failures; zero without samples.
    pub(super) fn error_rate(&self) -> f64 {
        if self.samples() == 0 {
            return 0.0;
        }
        self.failed as f64 / self.samples() as f64
    }

    /// The latency at a quantile, rounded down so that it never exceeds an observed one.
    pub(super) fn latency(&self, quantile: f64) -> Duration {
        self.latency.as_ref().map_or(Duration::ZERO, |latency| {
            let at_most = latency.value_at_quantile(quantile);
            Duration::from_micros(latency.lowest_equivalent(at_most))
        })
    }

    fn add(&mut self, outcome: Outcome, took: Duration) {
        match outcome {
            Outcome::Success => self.succeeded += 1,
            Outcome::Failure => self.failed += 1,
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.latency
            .get_or_insert_with(histogram)
            .saturating_record(micros);
    }

    fn merge(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        if let Some(latency) = &other.latency {
            // Both have the same bounds, so this can't fail.
            let _ = self.latency.get_or_insert_with(histogram).add(latency);
        }
    }
}

/// Covers one microsecond to one hour with an accuracy of one percent.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 2).expect("the bounds are in order")
}
