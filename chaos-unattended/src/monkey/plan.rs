//! When a monkey strikes: a function of its file.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::time::{Duration, SystemTime};

use chaos_core::policy::Opening;
use chaos_core::{Experiment, Policy, Risk};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Monkey, PRODUCTION};
use crate::zone::rules;

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
        let zone = rules(self.policy.zone());
        let first = Timestamp::try_from(from).map(|from| from.to_zoned(zone.clone()).date());
        let days = successors(first.ok(), |day| day.tomorrow().ok()).take(HORIZON);
        let (policy, known) = (&self.policy, BTreeMap::new());
        let mut openings = Openings { policy, known };
        days.flat_map(move |day| self.strikes_on(day, &zone, &mut openings))
            .filter(move |strike| strike.at >= from)
    }

    /// All strikes of a day, which depend on no other day.
    fn strikes_on<'m>(
        &'m self,
        day: Date,
        zone: &TimeZone,
        openings: &mut Openings<'m>,
    ) -> Vec<Strike<'m>> {
        let midnight = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp().into());
        let Some((start, end)) = midnight(day).zip(day.tomorrow().ok().and_then(midnight)) else {
            return Vec::new();
        };
        let mut strikes = Vec::<Strike<'_>>::new();
        let risks = self.experiments.iter().map(|one| one.risk(PRODUCTION));
        if risks
            .collect::<BTreeSet<_>>()
            .into_iter()
            .all(|risk| openings.is_closed(risk, start, end))
        {
            return strikes;
        }
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
                if strike.end() <= end && openings.allow(&strike) {
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
}

/// When a policy is open, looked up once for each time that it opens or closes; it is asked in the order of time.
struct Openings<'m> {
    policy: &'m Policy,
    /// The latest opening that was looked up, by risk.
    known: BTreeMap<Risk, Opening>,
}

impl Openings<'_> {
    /// Whether the policy is open for all of a strike.
    fn allow(&mut self, strike: &Strike<'_>) -> bool {
        match self.at(strike.experiment.risk(PRODUCTION), strike.at) {
            Opening::Open { until } => until.is_none_or(|until| strike.end() <= until),
            _ => false,
        }
    }

    /// Whether the policy is closed from one time to another.
    fn is_closed(&mut self, risk: Risk, start: SystemTime, end: SystemTime) -> bool {
        match self.at(risk, start) {
            Opening::Open { .. } => false,
            Opening::Closed { until } => until >= end,
            _ => true,
        }
    }

    fn at(&mut self, risk: Risk, time: SystemTime) -> Opening {
        let known = self.known.get(&risk).filter(|known| !is_over(known, time));
        let opening = known.copied();
        let opening = opening.unwrap_or_else(|| self.policy.opens(risk, time));
        self.known.insert(risk, opening);
        opening
    }
}

fn is_over(opening: &Opening, at: SystemTime) -> bool {
    match opening {
        Opening::Open { until } => until.is_some_and(|until| until <= at),
        Opening::Closed { until } => *until <= at,
        _ => false,
    }
}
