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
//! | `explore` | `explore`: finds the faults that a test does not survive; turns on `inject`, for tests only |
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
//! Tests inject the faults that their authors thought of. `explore` (feature `explore`) takes an ordinary test and finds
//! those that nobody thought of: it records each operation of a first run, then runs the test again for each fault at
//! each of them, before it, after it, in its midst, once or for good, and then for pairs of faults.
//!
//! ```
//! # #[cfg(feature = "explore")] {
//! use std::io;
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//!
//! use chaos_core::{Exploration, Site, explore};
//!
//! struct Shop {
//!     bank: Site,
//!     charged: AtomicU32,
//! }
//!
//! impl Shop {
//!     async fn checkout(&self) -> io::Result<()> {
//!         let charge = async || {
//!             self.charged.fetch_add(1, Relaxed);
//!             io::Result::Ok(())
//!         };
//!         match self.bank.around("charge", charge()).await {
//!             Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
//!                 self.bank.around("charge", charge()).await // it was never charged: try again
//!             }
//!             paid => paid,
//!         }
//!     }
//! }
//!
//! fn exploration() -> Exploration {
//!     explore(async |chaos| Shop { bank: chaos.site("bank"), charged: AtomicU32::new(0) }) // a world for each run
//!         .act(async |shop| {
//!             // Only this runs under faults.
//!             let paid = tokio::time::timeout(std::time::Duration::from_secs(5), shop.checkout()).await;
//!             paid.is_ok_and(|paid| paid.is_ok())
//!         })
//!         .verify(async |shop, paid| {
//!             // They are over, and the shop may recover.
//!             let charged = shop.charged.load(Relaxed);
//!             assert!(charged == 1 || !paid, "paid, and charged {charged} times");
//!             assert!(charged <= 1, "charged {charged} times");
//!         })
//!         .depth(2) // single faults, then pairs
//! }
//!
//! // #[test]
//! fn checkout_never_charges_twice() {
//!     exploration().run();
//! }
//! # checkout_never_charges_twice();
//! # }
//! ```
//!
//! What is found is the fewest faults that bring it about, as one line that replays it (in `CHAOS_REPLAY`, or with
//! `exploration().replay(…)` as a regression test). Each run has a thread, a runtime and a clock of its own. From the act
//! on, time is virtual: it stands while anything is done and jumps while nothing is, so hours of latency take no time.
//! What works on an answer elsewhere holds the clock if it is a database behind a `ChaosPool`, runs in `spawn_blocking`,
//! or is a server on the run's own runtime, behind a socket too; for anything else there is `in_real_time`.
//!
//! What the other crates wrap is explored as well; their features of that name do nothing but turn this one on. Faults
//! of phase `during` reach bodies and rows; of streams, only their opening is explored.
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

mod blast_radius;
mod compiled;
mod condition;
mod decision;
mod delay;
mod draw;
mod end_reason;
mod error;
mod experiment;
#[cfg(feature = "explore")]
mod explore;
mod fault;
mod file;
mod gate;
mod glob;
mod guard;
mod guardian;
mod human;
mod journal;
mod judge;
mod manager;
mod metrics;
#[cfg(not(feature = "explore"))]
mod outside;
mod pattern;
mod phase;
mod pressing;
mod pressure;
mod rate;
mod running;
#[cfg(feature = "schema")]
mod schema;
mod scope;
mod services;
mod site;
mod undo;

pub use blast_radius::{BlastRadius, Consent, InvalidBlastRadius, Level, SiteKind};
pub use compiled::Armed;
pub(crate) use condition::Criterion;
pub use condition::{Condition, InvalidCondition, Judged};
pub use decision::{Breakage, Broken, Decision, Errand, Flow, InjectedFault, Piece, Task};
pub use delay::{Delay, delay};
pub use end_reason::EndReason;
pub use error::{ConsentNeeded, Error};
pub use experiment::{
    DEFAULT_TIME_LIMIT, Environment, Experiment, ExperimentProblem, InvalidExperiment, Risk,
    UnknownEnvironment,
};
#[cfg(feature = "explore")]
pub use explore::{
    Absorption, Acting, Difference, Exploration, Extent, Fate, Faults, Finding, History,
    HistoryError, InvalidPlacement, Mishap, OperationId, OutsideWork, Part, Placement, Problem,
    Pruned, Report, Unexplored, World, explore,
};
pub use fault::{
    Bandwidth, CircuitBreak, Corrupt, Crash, Disconnect, Failure, Fault, FaultKind, GrpcCode,
    HttpStatus, InvalidFault, InvalidLatency, Latency, Loss, RateLimit, Slice, SqlState,
};
pub use file::{ExperimentFile, FileError, Format};
pub use glob::{EmptyGlob, OperationGlob};
pub use guard::ExperimentGuard;
pub use journal::{Event, Injected, JournalEntry, JournalSink, JsonLines, Log, Nearest};
pub use manager::{
    Answer, ChaosManager, ChaosManagerBuilder, ExperimentState, ExperimentStatus, Explanation,
    SiteStatus, WhyNot, process_wide,
};
#[cfg(not(feature = "explore"))]
pub use outside::OutsideWork;
pub use pattern::{InvalidPattern, Pattern, Per, Step, Then};
pub use phase::Phase;
pub use pressure::{
    InvalidPressure, Pressure, PressureChange, PressureEnd, PressureError, PressureGuard,
    PressureKind, PressureLevel, PressureUnit, Shortage,
};
pub use rate::{InvalidRate, Rate};
#[cfg(feature = "schema")]
pub use schema::experiment_schema;
pub use scope::{
    Attempt, Headers, InvalidTag, InvalidTagKeys, KeyId, Received, Scope, Scoped, Tag, TagKeys,
    TagRefusal, TagTrust, TagsTooLarge, Touch, ZeroAttempt,
};
pub use site::{Around, Needs, Observation, Operation, Outcome, Point, Site, Support};
