//! Runs fault-injection experiments from files, safely, and judges them by what was measured.
//!
//! A suite has load, probes of health, stages and objectives beside its experiments. The command `chaos-lab` of the crate
//! `chaos-cli` runs it:
//!
//! ```yaml
//! version: 1
//! target: { url: http://127.0.0.1:8080, admin: unix:/run/orders.sock }
//! load: { per_second: 50, requests: [{ method: POST, path: /orders, body: '{"number":{n}}', expect: { status: 201 } }] }
//! steady_state: [{ http: /health }]
//! objectives: { profile: staging, latency_degradation: 200ms }
//! scenarios:
//!   - name: slow payments
//!     why: does checkout keep its promise when the bank is slow?
//!     expect: absorbed
//!     experiments:
//!       - { name: slow, fault: { latency: 1s }, blast_radius: { calls_to: payments, rate: 20% } }
//! ```
//!
//! # A run is a record
//!
//! [`Run`] appends each step to a [record] as it happens: what was asked, each request and each probe, the journal
//! of the target, and why the run ended. [`judge`] makes a [report] from a record and limits, and from nothing
//! else: later, elsewhere, by other limits, or after the lab was killed in the middle of a run.
//!
//! [`SuiteRun`] runs scenarios one after another, and writes the record and the report of each, and a report of all.
//!
//! Experiments run under a lease of 6 s that the lab renews. Whatever happens to the lab, they end by themselves on the
//! clock of the target. Paths, names and probes of a suite are in records and reports; headers, bodies, tokens and the URLs
//! of databases are not.
//!
//! # Verdicts
//!
//! Each bound is one-sided, with a confidence of 95 %. An objective is *met* when the bound of the true value is within its
//! limit, *violated* when the other bound is beyond it, and *inconclusive* otherwise, with the number of requests that would
//! have decided. A run is also inconclusive when the halves of its baseline differ, *not run* when an experiment did not do
//! what was asked, and *aborted* when it was given up or stopped, by anything from a condition to a signal.

pub mod announce;
pub mod catalogue;
pub mod control;
pub mod discovery;
pub mod doctor;
mod judge;
pub mod load;
mod process;
mod query;
pub mod record;
pub mod report;
pub mod retention;
mod run;
mod run_directory;
pub mod scenario;
mod schema;
mod second;
pub mod statistics;
mod suite_run;
#[cfg(feature = "terminal")]
pub mod terminal;
pub mod trend;
mod verdict;

pub use judge::judge;
pub use process::{Process, StartError};
pub use query::Flag;
pub use run::{Run, RunError, check_health};
pub use schema::{report_schema, suite_report_schema, suite_schema};
pub use suite_run::{SuiteRun, SuiteRunError, SuiteStep};
pub use verdict::Verdict;
