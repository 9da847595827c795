//! Decides which operations of a service fail, and how.
//!
//! **The core decides; the adapters act.** An [`Experiment`] states which faults to inject, where, and for how long.
//! Just before an *operation* (a request, a query or a call) that a running experiment may affect, the core makes one
//! *decision* about it, from data in memory and without I/O. An adapter such as `chaos-tower` turns the decision into
//! the failure that the adapted library itself would produce; in your own code, [`Site::point`] and [`Site::around`]
//! turn it into your own error type.
//!
//! ```
//! use std::io;
//! use std::time::Duration;
//!
//! use chaos_core::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Pattern, Rate, Site};
//!
//! async fn reserve(pms: &Site) -> io::Result<u32> {
//!     // Any future works if its error implements `From<InjectedFault>`.
//!     pms.around("reserve", async { Ok(101) }).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new(); // fixed seed, no global state: tests don't flake
//! let pms = chaos.site("pms");
//! assert_eq!(reserve(&pms).await?, 101);
//!
//! // Short form: one fault, active until the guard is dropped.
//! let down = chaos.inject(BlastRadius::points_at("pms"), Fault::error(Failure::Refused))?;
//! assert_eq!(reserve(&pms).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
//! assert_eq!(down.injected(), 1); // a test proves nothing if its fault never fired
//! drop(down);
//!
//! // Long form; `ExperimentFile` loads such an experiment from a file.
//! let experiment = Experiment::new("bookings are slow, then recover")
//!     .fault(Fault::latency(Duration::from_secs(2)))
//!     .blast_radius(BlastRadius::points_at("pms").operation("res*").rate(Rate::percent(100.0)?).at_most(10))
//!     .pattern(Pattern::first(3))
//!     .time_limit(Duration::from_secs(60));
//! let slow = chaos.start(experiment)?;
//! let start = tokio::time::Instant::now();
//! reserve(&pms).await?;
//! assert_eq!(start.elapsed(), Duration::from_secs(2)); // virtual time: the test does not wait
//! # drop(slow);
//! # Ok(())
//! # }
//! ```
//!
//! # Faults
//!
//! | effect | fault |
//! |---|---|
//! | a call takes longer | [`Fault::latency(duration)`](Fault::latency), or a distribution: [`Latency`] |
//! | a call fails | [`Fault::error(failure)`](Fault::error), with one of many [`Failure`]s |
//! | no reply arrives, or a connection is reset | [`Fault::timeout`], [`Fault::reset`] |
//! | the work is done, but its reply is lost | [`Fault::reset`] in [`Phase::After`] |
//! | a response is cut off, slow or corrupted | [`Fault::disconnect`], [`Fault::bandwidth`], [`Fault::slice`], [`Fault::corrupt`] in [`Phase::During`] |
//! | a new connection is refused | [`Failure::Refused`] on [`streams_to`](BlastRadius::streams_to) with the operation `connect` |
//! | a rate limit is reached, or a circuit is open | [`Fault::rate_limit`], [`Fault::circuit_break`] |
//! | a resource runs out | [`Fault::exhaust`] |
//! | packets are lost (the application sees a pause) | [`Fault::loss`] |
//! | a query is slow on the server, a pool is exhausted, or a lock is held | [`Fault::server_sleep`], [`Fault::hold_connections`], [`Fault::hold_lock`] |
//! | code panics, or the process ends | [`Fault::panic`], [`Fault::crash`] |
//!
//! [`ChaosManager::inject`] injects a fault before an operation. An [`Experiment`] can also choose another [`Phase`], a
//! [`Pattern`] and a time limit.
//!
//! # Off by default
//!
//! Without the feature `inject`, everything here still compiles, [`ChaosManager::start`] returns
//! [`Error::CompiledOut`], and a *site* (a place in the code that asks for decisions) costs nothing. With `inject`, a
//! site that no running experiment affects costs one relaxed atomic load and a branch. Enabling a feature never starts
//! a fault, and `--cfg chaos_forbid` makes enabling `inject` a compile error.
//!
//! | feature | effect |
//! |---|---|
//! | `inject` | compiles injection in, for this crate and the adapters; enables `files` |
//! | `files` | reads an [`ExperimentFile`] or a [`Policy`] from YAML, TOML or JSON, with or without injection |
//! | `schema` | provides the JSON Schema of those files |
//! | `metrics` | reports [metrics](metric) through the `metrics` facade |
//!
//! # Safety
//!
//! No fault outlives its guard (the value that `inject` or `start` returns), its time limit (five minutes by default, a
//! day at most in staging and production), its [lease](Steering::lease), its experiment or its manager.
//! [`ChaosManager::halt`] immediately ends every experiment and every [pressure](#pressure), and refuses new ones. So
//! does creating the file that [`halt_file`](ChaosManagerBuilder::halt_file) names, even while every worker of the
//! runtime is blocked. A cap on the number of injections, such as [`at_most`](BlastRadius::at_most), is never exceeded.
//! [Protected](ChaosManagerBuilder::protect) services are never affected. [Health routes](ChaosManagerBuilder::exempt)
//! are affected only by an experiment that names them. An experiment needs a separate [`Consent`] for each of the
//! following: targeting every service, running in production, and injecting a destructive fault (a crash, a full disk).
//! A [`Policy`] adds rules of your own about which experiments may start: at which hours, up to which risk, for how long,
//! and how many at once.
//!
//! # Pressure
//!
//! A [`Pressure`] makes a resource scarce for the whole process: processor time, memory, disk, file descriptors,
//! threads or the runtime's workers; it can also skew the clock. It can't be limited to particular operations. Started
//! on its own, it lasts until its guard is dropped or its hold time (five minutes by default) has elapsed; as
//! [`Fault::Exhaust`], it lasts as long as its experiment. A pressure always leaves part of the available memory, disk
//! space and threads in reserve. File descriptors have no such reserve, because running out of them is the failure
//! being tested. Starting a pressure that asks for more than is available fails with an error stating both amounts. A
//! running pressure that can't reach the requested level ends, and so does its experiment, if it has one. Every
//! pressure allocates its own threads and descriptors in advance, so it can end even when the resource that it consumes
//! is exhausted.
//!
//! # Determinism
//!
//! Whether an operation is eligible for a fault depends only on the seed, the experiment, the site, and the operation's
//! name, attributes, tags, request key and attempt. Requests with the same key are therefore eligible for the same
//! faults, regardless of their order or the number of threads. A [`Scope`] holds the key. Without a scope, the
//! operation's sequence number at its site is used as the key. Execution order may determine which of the eligible
//! operations a cap or a pattern admits, but not how many.
//!
//! # Exploring
//!
//! Tests inject the faults that their authors thought of. The crate `chaos-explore` searches for others: it runs an
//! ordinary test many times, each time injecting one fault from a list at one of the operations that the test performs.
//!
//! # Metrics
//!
//! The feature `metrics` reports those of the [table](metric) that have labels for the recorder. No label is the name of
//! an operation, as their number is unbounded.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "inject"),
    allow(dead_code, reason = "only the engine reads it, which is compiled out")
)]

pub mod adapter;
mod attribution;
mod blast_radius;
#[cfg(feature = "inject")]
mod cap_gate;
#[cfg(feature = "inject")]
mod cleanup;
mod compiled;
mod condition;
mod consent;
#[cfg(feature = "inject")]
mod contain;
mod decision;
#[cfg(feature = "inject")]
mod delay;
#[cfg(not(feature = "inject"))]
#[path = "delay/off.rs"]
mod delay;
#[cfg(feature = "inject")]
mod draw;
mod end_reason;
pub mod error;
mod experiment;
pub mod explain;
mod fault;
mod file;
mod glob;
#[cfg(feature = "inject")]
mod guardian;
mod human;
pub mod journal;
#[cfg(feature = "inject")]
mod judge;
mod manager;
pub mod metric;
#[cfg(all(feature = "inject", feature = "metrics"))]
mod metrics;
#[cfg(all(feature = "inject", not(feature = "metrics")))]
#[path = "metrics/off.rs"]
mod metrics;
mod outcome;
mod outcomes;
mod pattern;
mod phase;
pub mod policy;
pub mod pressure;
mod rate;
mod reading;
#[cfg(feature = "inject")]
mod running;
#[cfg(feature = "schema")]
mod schema;
pub mod scope;
mod setters;
mod site;
mod status;
#[cfg(feature = "inject")]
mod undo;
#[cfg(feature = "inject")]
mod waiters;

pub use attribution::{Actor, Attribution, Role};
pub use blast_radius::{BlastRadius, Level, SiteKind};
pub use compiled::COMPILED_IN;
pub use condition::{Condition, Judged};
pub use consent::{Consent, Consents};
pub use decision::InjectedFault;
pub use delay::{Delay, delay};
pub use end_reason::EndReason;
pub use error::Error;
pub use experiment::{DEFAULT_TIME_LIMIT, Environment, Experiment, MAX_TIME_LIMIT, Risk};
pub use fault::{
    Bandwidth, CircuitBreak, Corrupt, Crash, Disconnect, Failure, Fault, FaultKind, GrpcCode,
    HttpStatus, Latency, Loss, RateLimit, Slice, SqlState,
};
pub use file::{ExperimentFile, Format};
pub use glob::OperationGlob;
pub use journal::{Event, JournalEntry, JournalSink, JsonLines, Log};
pub use manager::{
    ChaosManager, ChaosManagerBuilder, ExperimentGuard, ExperimentGuards, FileWatch, OutcomeWatch,
    Steering, process_wide,
};
pub use outcomes::{OutcomeCounts, OutcomeWindow, SiteOutcomes};
pub use pattern::{Pattern, Per, Step, Then};
pub use phase::Phase;
pub use policy::Policy;
pub use pressure::{Pressure, PressureGuard};
pub use rate::Rate;
pub use reading::{Posted, Reading, ReadingState, Readings, Recoveries};
#[cfg(feature = "schema")]
pub use schema::{experiment_schema, policy_schema};
pub use scope::{Attempt, Scope, Tag, TagKeys, TagTrust};
pub use site::{Operation, Site};
pub use status::{
    DelayReached, ExperimentState, ExperimentStatus, HaltStatus, LeaseStatus, Overview, RateBound,
    RateReached, SiteStatus, SupportedFault, Totals,
};
