//! A database that fails the way databases fail.
//!
//! A [`ChaosPool`] wraps a sqlx pool and is used as the pool is. Two ways lead round it, so that what needs a type of
//! sqlx's own still works: `Acquire`, which migrations take, hands out a connection of sqlx after the faults of
//! `acquire` and `BEGIN`; and `bypass()`, on pools and connections, gives you the bare one. Nothing that runs on those
//! is hit. Code that is typed on a pool of sqlx (session stores, `#[sqlx::test]`) keeps its type when `ChaosRelay` of
//! chaos-net stands in front of the server: that breaks connections, but knows no statements.
//!
//! ```
//! use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Failure, Fault, Phase, Experiment};
//! use sqlx::SqlitePool;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let pool = SqlitePool::connect("sqlite::memory:").await?;
//! let _stays = pool.acquire().await?; // the last connection to go takes a database in memory with it
//! let db = ChaosPool::new(pool, &chaos, "orders-db"); // then as ever
//! sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(&db).await?;
//!
//! // Writes to the table fail, and nothing else does.
//! let full = BlastRadius::queries_on("orders-db").operation("INSERT orders");
//! let full = chaos.inject(full, Fault::error(Failure::DiskFull))?;
//! let insert = || sqlx::query("INSERT INTO orders VALUES (1, false)");
//! let error = insert().execute(&db).await.unwrap_err();
//! assert_eq!(error.to_string(), "error returned from database: (code: 13) database or disk is full");
//! assert_eq!(full.injected(), 1); // a fault that never fired proves nothing
//! drop(full);
//!
//! // The transaction is committed, but its client is told that it is not.
//! let lost = Experiment::new("a commit whose reply is lost")
//!     .fault(Fault::reset())
//!     .phase(Phase::After)
//!     .blast_radius(BlastRadius::queries_on("orders-db").operation("COMMIT"));
//! let lost = chaos.start(lost)?;
//! let mut transaction = db.begin().await?;
//! insert().execute(&mut *transaction).await?; // `&mut *transaction` is under faults, too
//! assert!(transaction.commit().await.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # In tests
//!
//! What breaks a connection closes it. A SQLite database in memory is gone with its last connection, tables and all:
//! have the test hold one of the pool's, as above, or use a file. With `explore`, which breaks each connection there is,
//! the one that is held belongs into the world.
//!
//! Paused time (`start_paused = true`) is for code without sockets and databases. A database answers in real time, and
//! while it is waited for, paused time jumps to the next limit: connecting ends with
//! [`PoolTimedOut`](sqlx::Error::PoolTimedOut) before any fault. Use `explore` there, which keeps a clock of its own
//! that stands while a database behind a [`ChaosPool`] works, or real time with short faults.
//!
//! # What is hit
//!
//! [`BlastRadius::queries_on`] selects databases, [`operation`](BlastRadius::operation) what is done with them:
//!
//! - `acquire`, once per connection that is taken from the pool;
//! - `BEGIN`, `COMMIT`, `ROLLBACK`, those of savepoints included;
//! - statements by their verb, and their table when it is exactly one: `SELECT orders`, `INSERT orders`, `WITH`;
//! - `PREPARE` and `PING`.
//!
//! A query on the pool is two operations: `acquire`, then its statement. Statements also have the
//! [attributes](BlastRadius::attribute) `verb`, `table` (without quotes and schema) and `access`, which is `read` or
//! `write`; what is about the session, such as `COMMIT`, has no `access`.
//!
//! A statement on a connection is decided on when its future or its stream is made, not when that is polled first, so
//! that one that nothing strikes is sqlx's own: one that is made and never polled takes its turn of a pattern. On a pool,
//! it is decided on once it has its connection.
//!
//! `describe`, of which `query!` makes use while it is compiled, is not hit. What connections of sqlx can do beside that
//! is had by way of `bypass()`, where nothing is hit: `transaction(closure)`, `cached_statements_size`,
//! `clear_cached_statements` and `shrink_buffers`, `close_hard` of a connection that is taken from the pool's, and what
//! takes a connection or a pool of Postgres, such as `PgAdvisoryLock`, `PgListener` and `COPY`.
//!
//! # Code that is typed on a pool of sqlx
//!
//! It keeps its type; only the connect options change:
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
//! let gone = BlastRadius::streams_to("orders-db").operation("read");
//! let gone = chaos.inject(gone, Fault::reset())?;
//! assert!(matches!(balance(&pool).await, Err(sqlx::Error::Io(_))));
//! # Ok(())
//! # }
//! ```
//!
//! # When it strikes
//!
//! - [`Phase::Before`]: the statement does not get to the database. A `COMMIT` did not happen.
//! - [`Phase::After`]: it was done, and its reply is lost. A `COMMIT` did happen.
//! - [`Phase::During`]: between its rows. [`Disconnect::ResetAfter`] counts rows here.
//!
//! Whatever strikes `acquire` is told as the pool tells it: [`Error::PoolTimedOut`](sqlx::Error::PoolTimedOut), after
//! the pool's own `acquire_timeout`. `try_acquire`, which does not wait, finds no connection. Failures that only a
//! statement can have, such as [`Failure::Deadlock`], pass `acquire` by.
//!
//! `server_sleep` sleeps before the statement, a little at a time, so that it can end with its experiment without ending
//! the transaction: a `statement_timeout` of the server's counts each of these slices by itself. `SET` is not put to
//! sleep.
//!
//! Connections are held by tasks of the runtime on which the first operation was struck, and are given back by it when
//! the experiment ends. If it has not done so two seconds later, because all its workers are blocked, a thread of our
//! own frees their places in the pool; connections that are given back so are closed, not reused. A lock is given back
//! by a thread of our own at any rate.
//!
//! Conditions judge a database [`at`](chaos_core::Condition::at) its name. Each statement is an operation to them; that
//! a connection was taken is none, that none was to be had is.
//!
//! # What the caller sees
//!
//! Whoever holds an error of ours holds a [`sqlx::Error`] that the database itself has made, or that sqlx makes when
//! the connection is gone. In this table `=` says that a test has provoked the real failure beside the injected one,
//! and that the caller can't tell them apart: neither by variant, code, kind, type and words of the error, nor by what
//! becomes of the transaction, of the next statement and of the next transaction on the connection. `≈` is an
//! imitation, `–` is refused when it is started.
//!
#![doc = include_str!("what_the_caller_sees.md")]
//!
//! SQLite's errors name the table of the statement when it is plain; names of columns and constraints are made up.
//! `hold_lock` locks the file of the caller from another connection, and the caller waits for it as long as it waits
//! for any lock. Databases in memory can't be locked so; their callers are told `SQLITE_BUSY` at once.
//!
//! With a full disk, and with a write that is cancelled, SQLite ends the whole transaction. sqlx 0.9 does not notice: it
//! counts one too many on that connection from then on, and tells of commits that did not happen. So it is with real
//! failures, and so it is with ours; close such a connection instead of giving it back to its pool.
//!
//! Failures that are not in the table are told as the nearest that are. Of SQLite these are: `Overloaded` and
//! `TimedOut` as `Deadlock`; `Refused`, `TooManyConnections` and `CircuitOpen` as `Unavailable`; `PermissionDenied` as
//! `ReadOnly`; a `SqlState`, which SQLite does not know, as the failure that it stands for; all others as `Internal`.

#![cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(unused, reason = "there is no database that could need it")
)]

mod acquiring;
mod connection;
mod course;
mod driver;
mod executor;
mod fetching;
mod holding;
mod io_errors;
mod lent;
mod locking;
mod place;
mod pool;
mod rows;
mod scenario;
mod statement;
mod taken;
mod transaction;
mod way_round;

pub use chaos_core::{
    BlastRadius, ChaosManager, Disconnect, EndReason, Error, Experiment, ExperimentGuard, Failure,
    Fault, Latency, Pattern, Phase, Rate,
};
pub use connection::{ChaosConnection, ChaosPoolConnection};
pub use driver::ChaosDatabase;
pub use pool::ChaosPool;
pub use scenario::outage;
pub use transaction::ChaosTransaction;
