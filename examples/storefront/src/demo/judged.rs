//! Whether a step went as it was asked to.

use std::time::Duration;

use chaos_core::pressure::PressureLevel;

use super::load;
use super::requests::Stretch;
use super::step::{Hits, Reaches, Step};
use super::table::{Tally, reached};

/// Within which the service has to be as fast as before any fault.
pub(crate) const BACK_WITHIN: Duration = Duration::from_secs(2);

/// What was seen of a step.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) during: Stretch,
    pub(crate) tally: Tally,
    /// How many requests were under way when it began. If such a one is hit, nobody can tell which it was: nothing
    /// wanted to know its key when it came in.
    pub(crate) under_way: u64,
    /// How far its pressures were at its end.
    pub(crate) pressure: Vec<PressureLevel>,
    pub(crate) back_in: Option<Duration>,
}

/// A step, and what was not as asked.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) name: &'static str,
    pub(crate) tally: Tally,
    pub(crate) complaints: Vec<String>,
    back_in: Option<Duration>,
}

impl Judged {
    /// Judges a step; `usual` is the p99 that it had before.
    pub(crate) fn of(step: &Step, seen: &Seen, usual: Duration) -> Self {
        let Seen {
            during,
            tally,
            under_way,
            pressure,
            back_in,
        } = seen;
        let mut complaints = Vec::new();
        let mut ask = |is_so: bool, complaint: String| {
            if !is_so {
                complaints.push(complaint);
            }
        };
        let (asked, sent) = (f64::from(load::PER_SECOND), during.per_second);
        ask(
            (0.95..1.05).contains(&(sent / asked)),
            format!("{sent:.0} requests a second instead of {asked}"),
        );
        ask(
            step.hits.are_as_asked(tally.injected, during),
            format!("{} hits instead of {:?}", tally.injected, step.hits),
        );
        ask(
            pressure.iter().all(|level| level.achieved > 0.0),
            format!("pressure that is not there: {}", reached(pressure)),
        );
        let (p99, limit) = (during.p99(), usual + step.slower_by);
        ask(
            p99 <= limit,
            format!("a p99 of {p99:.0?}, above {limit:.0?}"),
        );
        ask(during.is_over(), "requests that do not end".to_owned());
        ask(
            tally.unknown <= *under_way,
            format!("{} hits of nobody knows what", tally.unknown),
        );
        if step.reaches == Reaches::Nobody {
            ask(
                tally.surfaced == 0 && during.failed == 0,
                format!(
                    "{} requests failed, {} of them hit",
                    during.failed, tally.surfaced
                ),
            );
        }
        ask(
            back_in.is_some_and(|back_in| back_in <= BACK_WITHIN),
            format!("not as fast as ever within {BACK_WITHIN:?}"),
        );
        Self {
            name: step.name,
            tally: *tally,
            complaints,
            back_in: *back_in,
        }
    }

    /// What a row of the table says of it.
    pub(crate) fn remark(&self) -> String {
        let back = match self.back_in {
            Some(Duration::ZERO) => "back at once".to_owned(),
            Some(back_in) => format!("back in {back_in:?}"),
            None => "not back".to_owned(),
        };
        if self.complaints.is_empty() {
            back
        } else {
            format!("{back}, not as asked")
        }
    }
}

impl Hits {
    /// Whether so many hits are as many as chance allows.
    fn are_as_asked(self, hits: u64, during: &Stretch) -> bool {
        let (share, of) = match self {
            Self::Checkouts(share) => (share, during.checkouts as f64),
            Self::Requests(share) => (share, during.all as f64),
            Self::WhateverAsks => return hits > 0,
            Self::TheProcess => return hits == 0,
        };
        // Four standard deviations; and who is due on one side of an edge may be hit on the other.
        let slack = 4.0 * (of * share * (1.0 - share)).sqrt() + 0.1 * of * share;
        (hits as f64 - of * share).abs() <= slack
    }
}
