//! Fault injection for sqlx, with errors that the database itself raises.
//!
//! A [`ChaosPool`] wraps a sqlx pool and is used like one. Every injected error is a [`sqlx::Error`]. The database
//! itself raises every error except a lost connection and a pool timeout. Every injected error affects the caller's
//! transaction as the real error would.
//!
//! ```
//! use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Experiment, Failure, Fault, Phase};
//! use sqlx::SqlitePool;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let pool = SqlitePool::connect("sqlite::memory:").await?;
//! let _open = pool.acquire().await?; // an in-memory database is lost when its last connection closes
//! let db = ChaosPool::new(pool, &chaos, "orders-db"); // use it like the sqlx pool
//! sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(&db).await?;
//!
//! // Inserts into the table fail; nothing else does.
//! let inserts = BlastRadius::queries_on("orders-db").operation("INSERT orders");
//! let full_disk = chaos.inject(inserts, Fault::error(Failure::DiskFull))?;
//! let insert = || sqlx::query("INSERT INTO orders VALUES (1, false)");
//! let error = insert().execute(&db).await.unwrap_err();
//! assert_eq!(error.to_string(), "error returned from database: (code: 13) database or disk is full");
//! assert_eq!(full_disk.injected(), 1); // a fault that never fired proves nothing
//! drop(full_disk);
//!
//! // The transaction is committed, but the client gets an error.
//! let lost_commits = Experiment::new("a commit whose reply is lost")
//!     .fault(Fault::reset())
//!     .phase(Phase::After)
//!     .blast_radius(BlastRadius::queries_on("orders-db").operation("COMMIT"));
//! let lost_commits = chaos.start(lost_commits)?;
//! let mut transaction = db.begin().await?;
//! insert().execute(&mut *transaction).await?; // faults also affect the statements in a transaction
//! assert!(transaction.commit().await.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! No feature is on by default. Turn on the feature for each database that you use:
//!
//! | feature | effect |
//! |---|---|
//! | `postgres` | wraps `sqlx::PgPool` |
//! | `mysql` | wraps `sqlx::MySqlPool`, for MySQL and MariaDB |
//! | `sqlite` | wraps `sqlx::SqlitePool`, and builds sqlx's bundled SQLite |
//! | `sqlite-deserialize` | adds `ChaosConnection::serialize` and `deserialize` |
//! | `inject` | compiles faults in, for all chaos crates; without it, a pool behaves like the sqlx pool |
//!
//! TLS and types such as `uuid` are features of sqlx: add sqlx 0.9 to your own dependencies and turn them on there.
//!
//! # Selecting operations
//!
//! [`BlastRadius::queries_on`] selects databases, and [`operation`](BlastRadius::operation) selects operations on
//! them:
//!
//! | operation | applies to |
//! |---|---|
//! | `acquire` | each connection that is taken from the pool |
//! | `BEGIN`, `COMMIT`, `ROLLBACK` | transactions and savepoints |
//! | `SELECT orders`, `INSERT orders`, `WITH` … | statements: the verb, and the table if there is exactly one |
//! | `PREPARE`, `PING` | |
//!
//! A query on a pool is two operations: `acquire`, then its statement. Statements also have
//! [attributes](BlastRadius::attribute): `verb`, `table` (without quotes or schema) and `access` (`read` or `write`).
//! Session and transaction statements, such as `COMMIT`, have no `access`. The operation's name and attributes are read
//! from the first 64 KiB of the statement.
//!
//! For a statement on a connection, the decision whether to inject a fault is made when the future or stream is
//! created, not at the first poll. Even if the future or stream is never polled, the statement counts toward a pattern.
//! For a statement on a pool, the decision is made once the statement has its connection.
//!
//! A [rate](BlastRadius::rate) is a share of operations: at a rate of 5 %, far more than 5 % of the transactions fail
//! if each has several statements. [`BlastRadius::transaction_rate`] is a share of transactions; each transaction is
//! struck at most once, at the first matching statement:
//!
//! ```
//! # use chaos_sqlx::{BlastRadius, ChaosManager, Failure, Fault, Rate};
//! # let chaos = ChaosManager::new();
//! let writes = BlastRadius::queries_on("orders-db").attribute("access", "write");
//! let deadlocks = chaos.inject(writes.transaction_rate(Rate::percent(5.0)?), Fault::error(Failure::Deadlock))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Only transactions that [`ChaosPool::begin`] or [`ChaosConnection::begin`] starts are recognised as such. If your
//! code executes `BEGIN` itself, each statement counts as a separate transaction.
//!
//! # Phases
//!
//! - [`Phase::Before`]: the statement never reaches the database; a `COMMIT` has no effect.
//! - [`Phase::After`]: the statement is executed, but its reply is lost; a `COMMIT` takes effect.
//! - [`Phase::During`]: the statement is executed, and the fault is injected between two rows of its result.
//!   [`Disconnect::ResetAfter`] counts rows.
//!
//! # Faults with special behaviour
//!
//! - Every failure on `acquire` is reported as [`PoolTimedOut`](sqlx::Error::PoolTimedOut), after the pool's own
//!   `acquire_timeout`; `try_acquire`, which does not wait, returns `None`. Failures that only a statement can have,
//!   such as [`Failure::Deadlock`], do not apply to `acquire`.
//! - `server_sleep` makes the server sleep before it executes the statement. The sleep is split into short slices. When
//!   the experiment ends, the sleep stops without aborting the transaction. A `statement_timeout` applies to each slice
//!   separately. `server_sleep` does not apply to `SET`.
//! - `hold_connections` starts a task on the caller's runtime that holds the pool's connections and returns them when
//!   the experiment ends. If the runtime is blocked then, a dedicated thread closes the connections two seconds
//!   later and frees their slots in the pool.
//! - `hold_lock` takes and releases its lock on a dedicated thread.
//!
//! The last three also affect callers that the blast radius does not cover, so `inject` refuses them, and
//! [`ChaosManager::inject_with_collateral`] starts them. With `hold_connections`, the first matching operation starts
//! the task, but does not wait until the task holds all the connections; [`ExperimentGuard::wait_until_held`] does:
//!
//! ```
//! # use std::num::NonZeroU32;
//! # use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Fault};
//! # use sqlx::Sqlite;
//! async fn hold_two(chaos: &ChaosManager, db: &ChaosPool<Sqlite>) -> Result<(), Box<dyn std::error::Error>> {
//!     let two = Fault::hold_connections(NonZeroU32::new(2).unwrap());
//!     let holding = chaos.inject_with_collateral(BlastRadius::queries_on("orders-db"), two)?;
//!     sqlx::query("SELECT 1").execute(db).await?; // the operation that starts to hold them
//!     holding.wait_until_held().await?;
//!     // The pool has two connections less until `holding` is dropped.
//!     Ok(())
//! }
//! ```
//!
//! An experiment's abort conditions select a database by name, with [`at`](Condition::at). Each statement counts as one
//! operation; an `acquire` counts only if it fails.
//!
//! # Code that needs sqlx's own types
//!
//! The connections of a `ChaosPool` have the same methods as sqlx's own connections. The table shows which faults
//! affect each call:
//!
//! | call | faults |
//! |---|---|
//! | `transaction(closure)` | those of `BEGIN`, of the statements in the closure, and of `COMMIT` or `ROLLBACK` |
//! | `copy_in_raw`, `copy_out_raw` (Postgres) | those of the operation `COPY`, before its first byte; none between bytes |
//! | `connection.as_mut()`, as in `execute(transaction.as_mut())` | those of each statement: it is a [`ChaosConnection`] |
//! | `lock_handle`, `serialize`, `deserialize` (SQLite), `server_version_num` (Postgres) | none |
//! | `cached_statements_size`, `clear_cached_statements`, `shrink_buffers`, `close_hard`, `return_to_pool` | none |
//! | `PgListener::connect_with(db.bypass())`, `PgAdvisoryLock::acquire(connection.bypass()?)` | none |
//!
//! `bypass()`, on pools and connections, returns the underlying sqlx pool or connection. Faults never affect statements
//! on it. [`ChaosConnection`] can't implement sqlx's trait `Connection`: the trait requires a database type that names
//! `ChaosConnection` as its connection, and none of sqlx's do. Code generic over `Acquire`, such as migrations, also
//! gets plain sqlx connections; faults then affect only `acquire` and `BEGIN`. If such code takes a connection while an
//! experiment targets the database, a warning is logged once, and `explain` reports it. `describe` is used by `query!`
//! at compile time; faults never affect it.
//!
//! Code that takes a sqlx pool (session stores, `#[sqlx::test]`) can use chaos-net's `ChaosRelay`, in front of the
//! server: it breaks connections, but does not see statements. Only the connect options change:
//!
//! ```
//! use chaos_net::ChaosRelay;
//! use chaos_sqlx::{BlastRadius, ChaosManager, Fault};
//! use sqlx::postgres::{PgConnectOptions, PgPool};
//!
//! async fn balance(pool: &PgPool) -> sqlx::Result<i64> {
//!     sqlx::query_scalar("SELECT sum(amount) FROM payments").fetch_one(pool).await
//! }
//!
//! # async fn relayed(options: PgConnectOptions) -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let server = format!("{}:{}", options.get_host(), options.get_port());
//! let relay = ChaosRelay::to(server).listen(&chaos, "orders-db").await?; // or `listen_unix`
//! let options = options.host("127.0.0.1").port(relay.addr().port()); // or `socket`
//! let pool = PgPool::connect_with(options).await?;
//!
//! let reads = BlastRadius::streams_to("orders-db").operation("read");
//! let reset = chaos.inject(reads, Fault::reset())?;
//! assert!(matches!(balance(&pool).await, Err(sqlx::Error::Io(_))));
//! # Ok(())
//! # }
//! ```
//!
//! # In tests
//!
//! A fault that breaks a connection closes it, and an in-memory SQLite database is lost when its last connection
//! closes. Keep one of the pool's connections open, as the first example does, or use a file. An exploration with
//! `chaos-explore` breaks every connection that the code under test uses, so the connection to keep open must be held
//! by the exploration's setup, not by the code under test.
//!
//! Paused time (`start_paused = true`) does not suit code with sockets or databases. A database replies in real time,
//! and while the test waits for the reply, paused time jumps to the next timeout: connecting fails with
//! [`PoolTimedOut`](sqlx::Error::PoolTimedOut) before any fault is injected. Use real time with short faults, or an
//! exploration, whose virtual time stands still while a database behind a [`ChaosPool`] is executing a query.
//!
//! # What the caller sees
//!
//! Every injected error is raised by the database itself, except a lost connection or a pool timeout, which sqlx
//! returns. In the table below, `=` means that a test found no difference between the injected error and the real one
//! in variant, code, kind, type or message, in the state of the transaction, or in the outcome of the next statement
//! and the next transaction on the connection. `≈` marks an error that differs from the real one as its note says; `–`
//! marks a fault that is refused when its experiment starts.
//!
#![doc = include_str!("what_the_caller_sees.md")]
//!
//! If a statement has exactly one table, SQLite's errors name that table; the names of columns and constraints are
//! invented. `hold_lock` locks the caller's database file from another connection, and the caller waits for that lock
//! as for any other. An in-memory database can't be locked this way, so callers get `SQLITE_BUSY` immediately.
//!
//! When the disk is full or a write is cancelled, SQLite rolls back the whole transaction. sqlx 0.9 does not notice:
//! its count of open transactions stays one too high on that connection, and later commits report success without
//! taking effect. Real failures behave the same way; close such a connection instead of returning it to its pool.
//!
//! A failure that is not in the table is injected as the closest one in it. On SQLite: `Overloaded` and `TimedOut`
//! as `Deadlock`; `Refused`, `TooManyConnections` and `CircuitOpen` as `Unavailable`; `PermissionDenied` as `ReadOnly`;
//! a `SqlState` (SQLite has none) as the failure that it stands for; all others as `Internal`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(unused, reason = "without a database, nothing uses most of this")
)]

mod acquire;
mod bare_acquire;
mod connection;
mod driver;
mod executor;
mod hold_connections;
mod operation;
mod outage;
mod pool;
mod pool_connection;
#[cfg(feature = "postgres")]
mod postgres_connection;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite_connection;
mod statement;
mod transaction;
mod wrapped;

pub use chaos_core::{
    BlastRadius, COMPILED_IN, ChaosManager, ChaosManagerBuilder, CircuitBreak, Condition, Consent,
    Disconnect, EndReason, Environment, Error, Experiment, ExperimentFile, ExperimentGuard,
    ExperimentGuards, Failure, Fault, Latency, Pattern, Phase, Rate, RateLimit, Scope, Site,
    SiteKind,
};
pub use connection::ChaosConnection;
pub use driver::ChaosDatabase;
pub use outage::outage;
pub use pool::ChaosPool;
pub use pool_connection::ChaosPoolConnection;
pub use transaction::ChaosTransaction;
