//! What reports say, in the words that all formats share; words between backticks are code.

mod experiment_reached;
mod fate;
mod finding;
mod headline;
mod reading;
mod recovery;
mod remarks;
mod stage_summary;
mod units;

use std::fmt::Display;

use crate::Verdict;

pub(super) use fate::Lesson;
pub(super) use headline::tally;
pub(super) use units::time;

impl Verdict {
    /// Its name and its reason.
    fn words(&self) -> String {
        match self.reason() {
            Some(why) => format!("{}: {why}", self.name()),
            None => self.name().to_owned(),
        }
    }
}

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

pub(super) fn or_nothing(value: Option<impl Display>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}
