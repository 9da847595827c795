//! Finds the faults that make a test fail.
//!
//! # Quick start
//!
//! ```toml
//! [dev-dependencies]
//! # not on crates.io yet
//! chaos-explore = { path = "../chaos-rs/chaos-explore" }
//! chaos-tower = { path = "../chaos-rs/chaos-tower", features = ["inject"] } # or chaos-core, chaos-net, chaos-sqlx
//! ```
//!
//! The crate enables chaos-core's `inject`, so it belongs in `[dev-dependencies]` only.
//!
//! A test has three parts: a *world* (the system under test, created anew for each run), an *act* (the code that faults
//! are injected into), and a verification.
//!
//! ```
//! use std::io;
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use std::time::Duration;
//!
//! use chaos_core::Site;
//! use chaos_explore::{Exploration, explore};
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
//!             // A refused charge did not happen, so a retry is safe.
//!             Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
//!                 self.bank.around("charge", charge()).await
//!             }
//!             reply => reply,
//!         }
//!     }
//! }
//!
//! fn exploration() -> Exploration {
//!     // Each run has its own world.
//!     explore(async |chaos| Shop { bank: chaos.site("bank"), charged: AtomicU32::new(0) })
//!         // Faults are injected into the act only.
//!         .act(async |shop| {
//!             let reply = tokio::time::timeout(Duration::from_secs(5), shop.checkout()).await;
//!             reply.is_ok_and(|reply| reply.is_ok())
//!         })
//!         // The faults have ended, so the shop can recover.
//!         .verify(async |shop, is_paid| {
//!             let charged = shop.charged.load(Relaxed);
//!             assert!(charged == 1 || !is_paid, "paid, and charged {charged} times");
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
//! ```
//!
//! # What it does
//!
//! The test runs twice without faults. These baseline runs record the test's operations: the requests, queries,
//! connections and calls that pass through a *site* (an injection point, such as `bank` above). The test then runs once for each
//! recorded operation and each fault that [`Faults`] lists for it. A fault is injected before, during or after the
//! operation, or as an *outage*, which begins at the operation and also affects every later operation at the same site.
//! Pairs and larger sets of faults follow, up to the configured depth.
//!
//! The faults end with the act. Only an operation that is held, such as by a latency of an hour, stays held until its
//! caller's own limit passes. The verification starts then, or 10 minutes of virtual time after the act: a task that still
//! waits has no limit, which is a finding.
//!
//! A run fails when code panics, when a part of the test exceeds its time limit, or when tasks are left running. The
//! report groups these failures, called [findings](Finding), by cause. Each finding describes a minimal set of faults
//! in one sentence, lists what happened next, and gives the command that replays the finding:
//!
//! ```text
//! ## verify panicked: charged 2 times
//!
//! The reply to `charge` at bank was lost after the work was done (connection reset).
//!
//! - after 0s: `bank/point charge #1`, struck by `after:reset`
//! - after 201ms: `bank/point charge #2`
//! - after 201ms: the act returned `2`
//!
//! CHAOS_REPLAY='[checkout_never_charges_twice] bank/point charge #1 after:reset' cargo test checkout_never_charges_twice
//! ```
//!
//! This command skips the explorations of all other tests. To turn a finding into a regression test, pass its replay
//! line (the value of `CHAOS_REPLAY`) to [`exploration().replay(…)`](Exploration::replay). The report also shows the
//! [`Fate`] of each fault injected on its own, and lists everything that was skipped or left unexplored.
//! [`Exploration::replay_history`] takes the [journal](chaos_core::JournalEntry) of a deployed service (in staging, for
//! example) and replays the faults that one request received there.
//!
//! # What a pass means
//!
//! [`run`](Exploration::run) also fails if there is a [`Gap`], which would make a pass prove less than it appears to:
//! the act performed no operation, no fault was injected, a limit left faults untried, operations came after the act,
//! their order differed between runs, the faults name an unknown service, or a call got no reply although no fault was
//! injected. [`Exploration::allow`] accepts a gap that is intentional; [`Gap`] lists what a pass no longer shows then.
//!
//! Panics in spawned tasks and in handlers are failures too, even if tokio, tower-http's `CatchPanicLayer` or
//! `catch_unwind` catches them. Only injected panics are not. If the code is meant to survive the panics of its tasks,
//! allow them with [`allow_panics_of_tasks`](Exploration::allow_panics_of_tasks).
//!
//! # Background tasks
//!
//! Faults are tried only at operations of the act, so the act must wait for the tasks that it starts. It can await their
//! `JoinHandle`s. It can also sleep: virtual time costs nothing, so an act may end with
//! `tokio::time::sleep(Duration::from_secs(50)).await`. The sleep must last as long as a task needs under a fault: its
//! timeouts, backoffs and retries in sum. If that exceeds 5 minutes, raise [`act_within`](Exploration::act_within).
//!
//! A task that never ends, such as a worker that polls a queue, performs operations after the act whatever the act waits
//! for, which is [`Gap::LateOperations`]. The act can stop it at its end, such as by `abort` of its `JoinHandle`. The
//! verification can then start another one, to show that the work goes on after the faults. Otherwise
//! [`allow`](Exploration::allow) the gap: faults at the task's operations during the act are tried nevertheless.
//!
//! An operation that is held stays held after the act, so that a task without a limit is found. If that is intended, use
//! [`allow_remaining_tasks`](Exploration::allow_remaining_tasks).
//!
//! # Servers under test
//!
//! A `ChaosLayer::server` in the world is a place for faults as well: the request gets a 503, or the connection breaks
//! before the reply. The act plays the customer, so it must tolerate both. If it calls `unwrap` on the response, that is
//! the finding. Let the act return the error, and let the verification accept it; or leave these faults out with
//! [`Faults::without`]`(SiteKind::Server)`.
//!
//! # How many runs it takes
//!
//! With *n* operations and *k* faults for each, depth 1 takes about *k·n* runs, and depth 2 about *k²·n²/2* more. A
//! call of `ChaosLayer::client` has 14 standard faults. A call of `reqwest::client` has 13, as only its connection can
//! be refused, which is an operation named `connect`. With 14 faults, 10 calls take 140 runs at depth 1 and 9,800 more
//! at depth 2; 100 calls take 1,400 and 980,000 more. The report has the number of single faults, pairs and larger sets
//! that were tried. Keep the act small, [choose the faults](Faults) by service, or set
//! [`at_most_runs`](Exploration::at_most_runs). Every run also pays for creating its world: building a
//! `reqwest::Client`, for example, loads the system's certificates, which takes longer than a request.
//! `benches/src/bin/explorations.rs` measures how many runs an exploration makes per second.
//!
//! # Defaults
//!
//! | setting | method | default |
//! |---|---|---|
//! | faults | [`faults`](Exploration::faults) | [`Faults::standard`] |
//! | maximum faults per run | [`depth`](Exploration::depth) | 1 |
//! | seed | [`seed`](Exploration::seed) | 0 |
//! | concurrent runs | [`threads`](Exploration::threads) | two per processor |
//! | time limit of the act | [`act_within`](Exploration::act_within) | 5 min on the run's clock |
//! | time limit of the verification | [`verify_within`](Exploration::verify_within) | 60 s on the run's clock |
//! | time limit of one run | [`stuck_after`](Exploration::stuck_after) | 30 s of real time |
//! | time limit of the exploration | [`at_most_time`](Exploration::at_most_time) | 10 min of real time |
//! | number of runs | [`at_most_runs`](Exploration::at_most_runs) | 100,000 |
//! | clock | [`in_real_time`](Exploration::in_real_time) | virtual |
//! | tries of each set of faults | [`tries`](Exploration::tries) | 1 |
//! | allowed gaps | [`allow`](Exploration::allow) | none |
//! | tasks that a fault leaves running or waiting | [`allow_remaining_tasks`](Exploration::allow_remaining_tasks) | a finding after 10 min of virtual time |
//! | panics of spawned tasks | [`allow_panics_of_tasks`](Exploration::allow_panics_of_tasks) | a finding |
//! | names of operations | [`unify`](Exploration::unify) | their own |
//!
//! | environment variable | effect |
//! |---|---|
//! | `CHAOS_REPLAY` | replays only the given line, in the test whose name precedes it in brackets |
//! | `CHAOS_SEED` | overrides the seed |
//!
//! # Time and threads
//!
//! Each run has its own thread, current-thread runtime, manager and clock. When the act starts, time becomes virtual:
//! it stands still while any task can run, and jumps to the next timer once all tasks are waiting. Hours of injected
//! latency therefore take no real time. The clock also stands still during four kinds of work: queries through a
//! `ChaosPool`; `spawn_blocking` calls; requests handled by servers on the run's own runtime, even through a socket;
//! and requests that `chaos-tower`'s clients send to servers elsewhere.
//!
//! For the last kind, it stands still only for a limited time. A server on another thread or in another process has
//! four times as long to reply as the slowest reply of the baseline took, but at least 20 ms and at most 1 s of real
//! time. In the baseline itself, the limit is 250 ms for the first three waits. While other threads of the process are
//! busy, it is five times as long. After that, the clock jumps to the next timer, usually the caller's timeout. A run
//! with faults in which such a call got no reply is repeated, and each call then gets a second; a run that passed is
//! not repeated for a service that had no use for that before. The symptom of an even slower server is a baseline or a
//! finding in which a call timed out although its server works, often one that is gone in the replay. The remedy is to
//! start the server on the run's own runtime (within the world), or [`in_real_time`](Exploration::in_real_time).
//!
//! `std::time::Instant` and `SystemTime` don't see virtual time. Code that uses them for timeouts, backoffs or a
//! circuit breaker's open period behaves differently in a run: it never notices that a minute has passed. That leads to false
//! findings, and hides real ones. Use `tokio::time::Instant`, which costs the same.
//!
//! Panics in a run are reported instead of printed. A panic hook collects them; it forwards panics on all other threads
//! to the previously installed hook. A long exploration prints its progress to standard error every 5 seconds.
//!
//! # Databases
//!
//! Runs are concurrent, so worlds that share a database interfere with each other: the baseline fails, or findings do
//! not reproduce when they are replayed. Give each run a schema of its own, in the database that `#[sqlx::test]`
//! creates for the test:
//!
//! ```text
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use std::time::Duration;
//!
//! use chaos_explore::explore;
//! use chaos_sqlx::ChaosPool;
//! use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
//! use sqlx::{AssertSqlSafe, Connection, Executor};
//! use tokio::task::spawn_blocking;
//! use tokio::time::timeout;
//!
//! static RUNS: AtomicU32 = AtomicU32::new(0);
//!
//! #[sqlx::test(migrations = false)]
//! async fn a_customer_is_stored_once(_: PgPoolOptions, options: PgConnectOptions) {
//!     let exploration = explore(async move |chaos| {
//!         let schema = format!("run_{}", RUNS.fetch_add(1, Relaxed));
//!         let mut admin = PgConnection::connect_with(&options).await.unwrap();
//!         let create = format!("CREATE SCHEMA {schema}");
//!         admin.execute(AssertSqlSafe(create)).await.unwrap();
//!         let options = options.clone().options([("search_path", &schema)]);
//!         let pool = PgPoolOptions::new().max_connections(2);
//!         let pool = pool.connect_with(options).await.unwrap();
//!         sqlx::migrate!().run(&pool).await.unwrap();
//!         ChaosPool::new(pool, &chaos, "orders-db")
//!     })
//!     .act(async |db| {
//!         let insert = sqlx::query("INSERT INTO customers (id, name) VALUES (1, 'Ada')");
//!         let inserted = timeout(Duration::from_secs(5), insert.execute(&*db)).await;
//!         inserted.is_ok_and(|reply| reply.is_ok())
//!     })
//!     .verify(async |db, is_stored| {
//!         let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM customers");
//!         let stored = count.fetch_one(&*db).await.unwrap();
//!         assert!(stored == 1 || !is_stored, "{stored} stored");
//!     });
//!     // The exploration blocks its thread.
//!     spawn_blocking(|| exploration.run()).await.unwrap();
//! }
//! ```
//!
//! Otherwise set [`threads(1)`](Exploration::threads), and delete all rows when the world is created. Use the
//! `ChaosPool` in the verification, too; no faults are injected there. A bare pool waits for the database in virtual
//! time, so it may report a false `PoolTimedOut` before the reply arrives.
//!
//! # Limitations
//!
//! - A test must perform the same operations in every fault-free run. If they vary, the report lists the difference and
//!   nothing is explored. If only their order varies, for example because the code iterates over a `HashMap`, the
//!   report contains a [`Gap`], unless [`tries`](Exploration::tries) tries each set of faults several times. If an operation's name contains a generated id, use [`unify`](Exploration::unify) to
//!   give it the same name in every run.
//! - A test that waits for other processes or for its own threads, other than through an adapter, needs
//!   [`in_real_time`](Exploration::in_real_time), as the virtual clock can't observe their work. That includes a whole
//!   service on a thread of its own that the act calls with a bare client, even if the service itself uses adapters.
//! - A request that arrives after its caller has given up is not tried: an operation that is held before it is done is
//!   dropped together with its caller.
//! - Faults on streams are tried only when a stream is opened; faults on response bodies and query rows are also tried
//!   midway.
//! - A run records at most 20,000 operations. Later ones are counted but not explored.
//! - A run that is stuck is reported, but its thread can't be ended and continues in the background.
//! - Tasks of a run share one thread, so races between worker threads are not found.
//! - Only with its unstable flags can tokio show which tasks are still running, so a finding lists the last operation
//!   of each spawned task instead.

mod environment;
mod exploration;
mod faults;
mod history;
mod placement;
mod report;
mod runner;
mod search;
mod similar_names;
mod trial;
mod world;

pub use chaos_core::{ChaosManager, Disconnect, Failure, Fault, Phase, Site, SiteKind};
pub use exploration::Exploration;
pub use faults::Faults;
pub use history::{History, HistoryError};
pub use placement::Placement;
pub use placement::fault_case::FaultCase;
pub use placement::invalid::InvalidPlacement;
pub use placement::operation_id::OperationId;
pub use report::fate::{Fate, FaultFate};
pub use report::finding::Finding;
pub use report::gap::Gap;
pub use report::moment::Moment;
pub use report::problem::{Problem, TestPart};
pub use report::{Difference, OrderDifference, Pruned, Report, SharedState, Unexplored};
pub use world::{Act, World, explore};
