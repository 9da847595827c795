//! Decides which operations of a service fail, and how.
//!
//! **The core decides, the adapters apply.** A *decision* is made at an *operation*: this request, query or call is
//! about to happen; does a running experiment want to break it? This crate answers from data, with no I/O. Adapters
//! such as `chaos-tower` turn the answer into the failure that their own ecosystem would have produced; in code of
//! your own, [`Site::point`] and [`Site::around`] do.
//!
//! ```
//! use std::io;
//! use std::time::Duration;
//!
//! use chaos_core::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Pattern, Rate, Site};
//!
//! async fn reserve(pms: &Site) -> io::Result<u32> {
//!     // The call that may fail: any future whose error an injected fault converts into.
//!     pms.around("reserve", async { Ok(101) }).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new(); // a fixed seed: tests don't flake; nothing is global
//! let pms = chaos.site("pms");
//! assert_eq!(reserve(&pms).await?, 101);
//!
//! // The short form: a fault, until the guard is dropped.
//! let down = chaos.inject(BlastRadius::points_at("pms"), Fault::error(Failure::Refused))?;
//! assert_eq!(reserve(&pms).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
//! assert_eq!(down.injected(), 1); // a fault that never fired proves nothing
//! drop(down);
//!
//! // The long form; [`ExperimentFile`] reads the same from a file.
//! let experiment = Experiment::new("pms is slow, then back")
//!     .fault(Fault::latency(Duration::from_secs(2)))
//!     .blast_radius(BlastRadius::points_at("pms").operation("res*").rate(Rate::percent(100.0)?).at_most(10))
//!     .pattern(Pattern::first(3))
//!     .time_limit(Duration::from_secs(60));
//! let slow = chaos.start(experiment)?;
//! let start = tokio::time::Instant::now();
//! reserve(&pms).await?;
//! assert_eq!(start.elapsed(), Duration::from_secs(2)); // on paused time, so it took no time at all
//! # drop(slow);
//! # Ok(())
//! # }
//! ```
//!
//! # Nothing happens unless asked for
//!
//! Without the feature `inject` everything here still compiles, [`ChaosManager::start`] returns
//! [`Error::CompiledOut`], and a site costs nothing. With it, a site that no running experiment concerns costs one
//! relaxed load. No feature ever arms a fault, and `--cfg chaos_forbid` makes `inject` a compile error.
//!
//! | feature | what |
//! |---|---|
//! | `inject` | compiles injection in, for all that the other crates wrap too; turns on `files` |
//! | `files` | reads an [`ExperimentFile`] from YAML, TOML and JSON, also without injection |
//! | `schema` | the JSON Schema of those files |
//! | `metrics` | counters, gauges and histograms through the `metrics` facade, listed below |
//!
//! # Safety
//!
//! No fault outlives its guard, its time limit (five minutes unless said), its experiment or its manager.
//! [`ChaosManager::halt`] ends everything at once; so does a halt file, while every worker of the runtime is blocked.
//! Caps are never exceeded. Protected services are never hit. What reaches everything or destroys something needs
//! [`Consent`].
//!
//! # Pressure
//!
//! A [`Pressure`] makes something scarce for the whole process: processor time, memory, disk, descriptors, threads,
//! the runtime's workers, the right time. It has no operation: alone it lasts as long as its guard, as
//! [`Fault::Exhaust`] as long as its experiment. A reserve is always left, except of descriptors, where running out is
//! the fault; what does not fit is refused with the figures, and a pressure that can't reach its level ends its
//! experiment rather than claim it. Its own threads and descriptors are there before it begins, so its end depends on
//! nothing that it takes.
//!
//! # Determinism
//!
//! Whether an operation is eligible depends on seed, experiment, site, operation name, request key and attempt, and
//! on nothing else: the same [`Scope`] keys give the same faults, in any order, on any number of threads. Which of
//! the eligible operations a cap or a pattern admits may depend on order; how many it admits may not.
//!
//! # Exploring
//!
//! Tests inject the faults that their authors thought of. The crate `chaos-explore` takes an ordinary test and finds the
//! others: it tries every fault at every operation that the test meets.
//!
//! # Metrics
//!
//! | name | kind | labels | what |
//! |---|---|---|---|
//! | `chaos_injected_total` | counter | `experiment`, `service`, `kind` | operations treated |
//! | `chaos_injected_delay_seconds` | histogram | `experiment`, `service`, `kind` | how long they were made to wait |
//! | `chaos_experiments_running` | gauge | | experiments that run in this process |
//! | `chaos_experiments_ended_total` | counter | `reason` | experiments that ended, by how |
//! | `chaos_experiments_refused_total` | counter | | experiments that were refused |
//! | `chaos_pressure_requested` | gauge | `experiment`, `kind` | how much pressure was asked for |
//! | `chaos_pressure_achieved` | gauge | `experiment`, `kind` | how much there is |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "inject"),
    allow(dead_code, reason = "only the engine reads it, which is compiled out")
)]

pub mod adapter;
mod blast_radius;
mod compiled;
mod condition;
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
#[cfg(feature = "inject")]
mod gate;
mod glob;
#[cfg(feature = "inject")]
mod guardian;
mod human;
pub mod journal;
#[cfg(feature = "inject")]
mod judge;
mod manager;
#[cfg(feature = "inject")]
mod metrics;
mod outcome;
mod pattern;
mod phase;
pub mod pressure;
mod rate;
#[cfg(feature = "inject")]
mod running;
#[cfg(feature = "schema")]
mod schema;
pub mod scope;
mod site;
mod status;
#[cfg(feature = "inject")]
mod undo;

pub use blast_radius::{BlastRadius, Consent, Level, SiteKind};
pub use compiled::COMPILED_IN;
pub use condition::{Condition, Judged};
pub use decision::InjectedFault;
pub use delay::{Delay, delay};
pub use end_reason::EndReason;
pub use error::Error;
pub use experiment::{DEFAULT_TIME_LIMIT, Environment, Experiment, Risk};
pub use fault::{
    Bandwidth, CircuitBreak, Corrupt, Crash, Disconnect, Failure, Fault, FaultKind, GrpcCode,
    HttpStatus, Latency, Loss, RateLimit, Slice, SqlState,
};
pub use file::{ExperimentFile, Format};
pub use glob::OperationGlob;
pub use journal::{Event, JournalEntry, JournalSink, JsonLines, Log};
pub use manager::{ChaosManager, ChaosManagerBuilder, ExperimentGuard, process_wide};
pub use pattern::{Pattern, Per, Step, Then};
pub use phase::Phase;
pub use pressure::{Pressure, PressureGuard};
pub use rate::Rate;
#[cfg(feature = "schema")]
pub use schema::experiment_schema;
pub use scope::{Attempt, Scope, Tag, TagKeys, TagTrust};
pub use site::{Operation, Site};
pub use status::{ExperimentState, ExperimentStatus, SiteStatus};
