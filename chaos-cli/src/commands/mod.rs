//! What each command does.

pub(crate) mod approval;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod flag;
pub(crate) mod list;
pub(crate) mod monkey;
pub(crate) mod notify;
pub(crate) mod records;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schedule;
mod scheduled;
pub(crate) mod steer;
pub(crate) mod trend;
