//! The demonstration: load, one fault after another, and a table of the results.

mod load;
mod report;
mod run;
mod serve;
mod stats;
mod steps;
mod verdict;

pub(crate) use run::run;
pub(crate) use serve::serve;
