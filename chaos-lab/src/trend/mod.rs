//! Trends: what a run says beside the earlier ones of its suite; a function of their reports.

mod difference;
mod history;
mod over_runs;
mod since_last;
mod sweep;

#[cfg(test)]
mod tests;

pub use history::History;
