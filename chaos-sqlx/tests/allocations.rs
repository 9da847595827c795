//! The allocations of a query into which nothing is injected, compared with those of the sqlx pool.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Fault};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Sqlite, SqlitePool};
use tokio::runtime::{Builder, Runtime};

struct Pools {
    runtime: Runtime,
    sqlx: SqlitePool,
    chaos_pool: ChaosPool<Sqlite>,
    chaos: ChaosManager,
}

impl Pools {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let chaos = ChaosManager::new();
        let sqlx = runtime.block_on(async {
            let options = SqlitePoolOptions::new().max_connections(1);
            let pool = options.connect("sqlite::memory:").await.unwrap();
            pool.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
                .await
                .unwrap();
            pool
        });
        let chaos_pool = ChaosPool::new(sqlx.clone(), &chaos, "orders-db");
        Self {
            runtime,
            sqlx,
            chaos_pool,
            chaos,
        }
    }

    /// Counts the allocations of one call; the count varies by a few, because SQLite runs on another thread.
    fn allocations(&self, call: Call<'_>) -> u64 {
        // Wait until the connection of the last call has returned.
        self.runtime.block_on(async {
            while self.sqlx.num_idle() == 0 {
                tokio::task::yield_now().await;
            }
        });
        measure(|| self.runtime.block_on(poll_slowly(call))).count_total
    }

    /// Returns the fewest allocations of each call.
    ///
    /// A busy machine can only add allocations, so an unexpected result is measured again for a while.
    fn fewest<'a>(
        &'a self,
        sqlx: impl Fn() -> Call<'a>,
        chaos: impl Fn() -> Call<'a>,
        is_expected: impl Fn(u64, u64) -> bool,
    ) -> (u64, u64) {
        let started = Instant::now();
        let mut fewest = (u64::MAX, u64::MAX);
        let mut times = 0;
        while times < 50
            || (!is_expected(fewest.0, fewest.1) && started.elapsed() < Duration::from_secs(20))
        {
            fewest.0 = fewest.0.min(self.allocations(sqlx()));
            fewest.1 = fewest.1.min(self.allocations(chaos()));
            times += 1;
        }
        fewest
    }

    fn assert_each(&self, is_expected: impl Fn(&str, u64, u64) -> bool) {
        let unexpected = self.unexpected(is_expected);
        assert!(unexpected.is_empty(), "{unexpected:?}");
    }

    /// Describes the calls with an unexpected number of allocations.
    fn unexpected(&self, is_expected: impl Fn(&str, u64, u64) -> bool) -> Vec<String> {
        let mut unexpected = Vec::new();
        macro_rules! each {
            ($($name:literal $db:ident => $call:expr;)*) => {$(
                let (sqlx, chaos) = self.fewest(
                    || { let $db = &self.sqlx; Box::pin(async move { $call }) },
                    || { let $db = &self.chaos_pool; Box::pin(async move { $call }) },
                    |sqlx, chaos| is_expected($name, sqlx, chaos),
                );
                if !is_expected($name, sqlx, chaos) {
                    unexpected.push(format!("{}: {chaos}, and {sqlx} in the sqlx pool", $name));
                }
            )*};
        }
        each! {
            "fetch_one" db => { sqlx::query("SELECT 1").fetch_one(db).await.unwrap(); };
            "fetch_all" db => { sqlx::query("SELECT * FROM orders WHERE id < ?").bind(9).fetch_all(db).await.unwrap(); };
            "execute" db => { sqlx::query("DELETE FROM orders").execute(db).await.unwrap(); };
            "acquire" db => { drop(db.acquire().await.unwrap()); };
            "connection" db => {
                let mut connection = db.acquire().await.unwrap();
                sqlx::query("SELECT 1").fetch_one(&mut *connection).await.unwrap();
                sqlx::query("DELETE FROM orders").execute(&mut *connection).await.unwrap();
            };
            "commit" db => {
                let mut transaction = db.begin().await.unwrap();
                sqlx::query("SELECT 1").fetch_one(&mut *transaction).await.unwrap();
                transaction.commit().await.unwrap();
            };
            "rollback" db => { db.begin().await.unwrap().rollback().await.unwrap(); };
        }
        unexpected
    }
}

/// Pauses between polls, so that each poll finds all that it waits for.
async fn poll_slowly(mut call: Call<'_>) {
    poll_fn(|cx| {
        let poll = call.as_mut().poll(cx);
        if poll.is_pending() {
            std::thread::sleep(Duration::from_micros(500));
        }
        poll
    })
    .await;
}

type Call<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

#[test]
fn a_pool_without_experiments_allocates_as_much_as_the_sqlx_pool() {
    let pools = Pools::new();
    let _elsewhere = pools
        .chaos
        .inject(BlastRadius::queries_on("another-db"), Fault::reset())
        .unwrap();
    pools.assert_each(|call, sqlx, chaos| {
        // `begin` of sqlx allocates a box.
        let box_of_begin = u64::from(matches!(call, "commit" | "rollback"));
        chaos == sqlx - box_of_begin
    });
}

#[test]
fn an_experiment_that_misses_every_operation_allocates_nothing() {
    let pools = Pools::new();
    let others = BlastRadius::queries_on("orders-db").operation("INSERT orders");
    let guard = pools.chaos.inject(others, Fault::reset()).unwrap();
    pools.assert_each(|_, sqlx, chaos| chaos <= sqlx);
    assert_eq!(guard.injected(), 0);
}
