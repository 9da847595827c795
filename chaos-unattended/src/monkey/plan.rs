//! When a monkey strikes: a function of its file.

use std::iter::successors;
use std::time::{Duration, SystemTime};

use chaos_core::Experiment;
use chaos_core::policy::Opening;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Monkey, PRODUCTION};

/// The days that are looked through for a strike: those of ten years.
const HORIZON: usize = 3653;

/// An experiment that a monkey starts, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Strike<'m> {
    /// The beginning.
    pub at: SystemTime,
    /// The number of the interval, counted from 1970.
    pub interval: u64,
    /// The experiment.
    pub experiment: &'m Experiment,
}

impl Strike<'_> {
    /// The time at which it is over.
    #[must_use]
    pub fn end(&self) -> SystemTime {
        self.at + self.experiment.runs_for()
    }
}

impl Monkey {
    /// Returns the strikes from a time on, of at most ten years.
    pub fn strikes(&self, from: SystemTime) -> impl Iterator<Item = Strike<'_>> {
        let zone = self.zone();
        let first = Timestamp::try_from(from).map(|from| from.to_zoned(zone.clone()).date());
        let days = successors(first.ok(), |day| day.tomorrow().ok()).take(HORIZON);
        days.flat_map(move |day| self.strikes_on(day, &zone))
            .filter(move |strike| strike.at >= from)
    }

    /// The rules of the policy's time zone.
    pub(super) fn zone(&self) -> TimeZone {
        let zone = TimeZoneDatabase::bundled().get(self.policy.zone().name());
        // A policy has no zone that is unknown.
        zone.unwrap_or(TimeZone::UTC)
    }

    /// All strikes of a day, which depend on no other day.
    fn strikes_on(&self, day: Date, zone: &TimeZone) -> Vec<Strike<'_>> {
        let midnight = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp().into());
        let Some((start, end)) = midnight(day).zip(day.tomorrow().ok().and_then(midnight)) else {
            return Vec::new();
        };
        let mut strikes = Vec::<Strike<'_>>::new();
        for (interval, at) in self.intervals(start, end) {
            if strikes.len() >= self.at_most_a_day.get() as usize {
                break;
            }
            let is_busy = strikes.last().is_some_and(|earlier| earlier.end() > at);
            if let Some(experiment) = self.draw(interval).filter(|_| !is_busy) {
                let strike = Strike {
                    at,
                    interval,
                    experiment,
                };
                if strike.end() <= end && self.is_allowed(&strike) {
                    strikes.push(strike);
                }
            }
        }
        strikes
    }

    /// The intervals that begin in a span of time, by number.
    fn intervals(
        &self,
        start: SystemTime,
        end: SystemTime,
    ) -> impl Iterator<Item = (u64, SystemTime)> {
        let since_1970 = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap_or_default().as_nanos()
        };
        let length = self.every.as_nanos();
        let numbers = since_1970(start).div_ceil(length)..since_1970(end).div_ceil(length);
        numbers.map(move |number| {
            let nanos = u64::try_from(number * length).unwrap_or(u64::MAX);
            let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
            (u64::try_from(number).unwrap_or(u64::MAX), time)
        })
    }

    /// The experiment that the draw of an interval has, if it has one.
    fn draw(&self, interval: u64) -> Option<&Experiment> {
        let draw =
            |what: &str| xxh3_64_with_seed(format!("{what} {interval}").as_bytes(), self.seed);
        // The upper 53 bits are a fraction of 1.
        let fraction = (draw("strike") >> 11) as f64 / (1_u64 << 53) as f64;
        if fraction * 100.0 >= self.probability.as_percent() {
            return None;
        }
        let count = u64::try_from(self.experiments.len()).unwrap_or(u64::MAX);
        let index = draw("experiment") % count;
        self.experiments.get(usize::try_from(index).ok()?)
    }

    /// Whether the policy allows all of a strike.
    fn is_allowed(&self, strike: &Strike<'_>) -> bool {
        let Strike { at, experiment, .. } = *strike;
        let opening = self.policy.opens(experiment.risk(PRODUCTION), at);
        let Opening::Open { until } = opening else {
            return false;
        };
        until.is_none_or(|until| strike.end() <= until)
            && self.policy.check(experiment, PRODUCTION, at, 0).is_ok()
    }
}
