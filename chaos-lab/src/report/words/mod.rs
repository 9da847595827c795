//! What reports say, in the words that all formats share; words between backticks are code.

mod fate;
mod finding;
mod headline;
mod remarks;
mod units;

use std::fmt::Display;

use crate::Verdict;

pub(super) use headline::tally;
pub(super) use units::{bounded, counted, time};

impl Verdict {
    /// Its name and its reason.
    pub(super) fn words(&self) -> String {
        match self.reason() {
            Some(why) => format!("{}: {why}", self.name()),
            None => self.name().to_owned(),
        }
    }
}

/// A table with a heading; without rows, it is left out.
pub(super) struct Table<const N: usize> {
    pub(super) heading: &'static str,
    pub(super) head: [&'static str; N],
    pub(super) rows: Vec<[String; N]>,
}

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

pub(super) fn or_nothing(value: Option<impl Display>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}
