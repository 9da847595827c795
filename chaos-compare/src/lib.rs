//! Compares the records of two builds, request by request.
//!
//! Two runs of `chaos-lab` with one scenario and one seed send the same requests, and have the same ones of them struck, as
//! faults are keyed by the id of the request. Each request is its own control: what differs between its two endings is
//! due to the builds, or to chance. That finds smaller regressions than a comparison of two error rates.
//!
//! ```no_run
//! use chaos_compare::{NOTICEABLE_LATENCY, compare};
//! use chaos_lab::Verdict;
//! use chaos_lab::record::read_record;
//!
//! let a = read_record(&std::fs::read_to_string("before/record.jsonl")?)?;
//! let b = read_record(&std::fs::read_to_string("after/record.jsonl")?)?;
//! let comparison = compare(&[a], &[b], NOTICEABLE_LATENCY);
//! std::fs::write("comparison.md", comparison.to_markdown())?;
//! assert_ne!(comparison.verdict, Verdict::Violated, "a regression");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is compared
//!
//! Requests are grouped by the operation and the fault that struck them; those that no fault struck are a group for each
//! request of the load. Failures are compared by McNemar's exact test, and latencies by the sign test. All findings
//! together are wrong about equal builds in at most 5 % of comparisons, by the method of Holm.
//!
//! # What can't be compared
//!
//! Runs with another scenario, other experiments, another seed of the target, another load or other stages; runs that were
//! aborted or *not run*; records whose requests have other ids; fewer than six pairs. The comparison says why, and its verdict
//! is then inconclusive.

mod change;
mod comparability;
mod compare;
mod comparison;
mod document;
mod pairs;
mod schema;
mod statistics;
mod subject;
mod words;

#[cfg(test)]
mod tests;

pub use change::{Change, Effect, Measure};
pub use compare::{NOTICEABLE_LATENCY, compare};
pub use comparison::{COMPARISON_VERSION, Comparison, GroupComparison, ScenarioComparison};
pub use schema::comparison_schema;
pub use subject::Subject;
