//! Decides which operations of a service fail, and how.
//!
//! **The core decides, the adapters apply.** A *decision* is made for each *operation*: a request, query or call that
//! is about to happen and that a running experiment may affect. This crate decides from in-memory data and does no I/O.
//! Adapters such as `chaos-tower` turn the decision into the failure that their ecosystem would produce; [`Site::point`] and
//! [`Site::around`] do so in your own code.
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
//! // Long form; `ExperimentFile` reads the same experiment from a file.
//! let experiment = Experiment::new("pms is slow, then back")
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
//! # Off by default
//!
//! Without the feature `inject`, everything here still compiles, [`ChaosManager::start`] returns
//! [`Error::CompiledOut`], and a site costs nothing. With it, a site costs one relaxed load while no running
//! experiment concerns it. No feature arms a fault by itself, and `--cfg chaos_forbid` turns `inject` into a compile
//! error.
//!
//! | feature | effect |
//! |---|---|
//! | `inject` | compiles injection in, for this crate and the adapters; enables `files` |
//! | `files` | reads an [`ExperimentFile`] from YAML, TOML and JSON, with or without injection |
//! | `schema` | provides the JSON Schema of those files |
//! | `metrics` | reports the metrics listed below through the `metrics` facade |
//!
//! # Safety
//!
//! No fault outlives its guard, its time limit (five minutes by default), its experiment or its manager.
//! [`ChaosManager::halt`] ends everything at once; a halt file does so even while every worker of the runtime is
//! blocked. Caps are never exceeded. Protected services are never hit. Experiments that reach every service or destroy
//! something need [`Consent`].
//!
//! # Pressure
//!
//! A [`Pressure`] makes a resource scarce for the whole process: processor time, memory, disk, descriptors, threads or
//! the runtime's workers; it can also skew the clock. It affects no particular operation. Without an experiment, it
//! lasts until its guard is dropped or its hold time (five minutes by default) has elapsed; as [`Fault::Exhaust`], it
//! lasts as long as its experiment. Part of each limit on memory, disk and threads is always left in reserve;
//! descriptors have none, as their exhaustion is the fault. A pressure that asks for more than is available is refused,
//! with an error that gives the figures; one that can't reach its level ends its experiment. Every pressure allocates
//! its own threads and descriptors in advance, so it can end even when the resource that it takes is exhausted.
//!
//! # Determinism
//!
//! Whether an operation is eligible depends only on the seed, the experiment, the site, and the operation's name,
//! attributes, tags, request key and attempt: the same [`Scope`] keys give the same faults, in any order, on any number
//! of threads. Without a scope, the site's sequence number is used as the key. The order may decide which of the
//! eligible operations a cap or a pattern admits, but not how many.
//!
//! # Exploring
//!
//! Tests inject the faults that their authors thought of. The crate `chaos-explore` finds the others: it runs an
//! ordinary test with every fault at every operation that the test performs.
//!
//! # Metrics
//!
//! | name | kind | labels | meaning |
//! |---|---|---|---|
//! | `chaos_injected_total` | counter | `experiment`, `service`, `kind` | operations that received a fault |
//! | `chaos_injected_delay_seconds` | histogram | `experiment`, `service`, `kind` | injected delay per operation |
//! | `chaos_experiments_running` | gauge | | experiments running in this process |
//! | `chaos_experiments_ended_total` | counter | `reason` | experiments that ended, by reason |
//! | `chaos_experiments_refused_total` | counter | | refused experiments |
//! | `chaos_pressure_requested` | gauge | `experiment`, `kind` | requested level of a pressure |
//! | `chaos_pressure_achieved` | gauge | `experiment`, `kind` | current level of a pressure |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "inject"),
    allow(dead_code, reason = "only the engine reads it, which is compiled out")
)]

pub mod adapter;
mod blast_radius;
#[cfg(feature = "inject")]
mod cap_gate;
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
