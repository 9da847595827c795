//! What a query costs in allocations while nothing is injected into it.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Fault};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Executor, Sqlite, SqlitePool};
use tokio::runtime::{Builder, Runtime};

struct Setting {
    runtime: Runtime,
    bare: SqlitePool,
    ours: ChaosPool<Sqlite>,
    chaos: ChaosManager,
}

impl Setting {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let chaos = ChaosManager::new();
        let bare = runtime.block_on(async {
            let options = SqlitePoolOptions::new().max_connections(1);
            let pool = options.connect("sqlite::memory:").await.unwrap();
            pool.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)")
                .await
                .unwrap();
            pool
        });
        let ours = ChaosPool::new(bare.clone(), &chaos, "orders-db");
        Self {
            runtime,
            bare,
            ours,
            chaos,
        }
    }

    /// How many allocations a call takes this time: now and then one more or less, as whichever thread is the faster.
    fn allocations(&self, call: Call<'_>) -> u64 {
        // The connection is back, and what brought it there is gone.
        self.runtime.block_on(async {
            while self.bare.num_idle() == 0 {
                tokio::task::yield_now().await;
            }
        });
        measure(|| self.runtime.block_on(unhurried(call))).count_total
    }

    /// The fewest allocations that either call takes.
    ///
    /// Whoever keeps the machine busy can only add to what is counted, so what looks wrong is counted again and again.
    fn fewest<'a>(
        &'a self,
        bare: impl Fn() -> Call<'a>,
        ours: impl Fn() -> Call<'a>,
        is_right: impl Fn(u64, u64) -> bool,
    ) -> (u64, u64) {
        let started = Instant::now();
        let mut fewest = (u64::MAX, u64::MAX);
        let mut times = 0;
        while times < 50
            || (!is_right(fewest.0, fewest.1) && started.elapsed() < Duration::from_secs(20))
        {
            fewest.0 = fewest.0.min(self.allocations(bare()));
            fewest.1 = fewest.1.min(self.allocations(ours()));
            times += 1;
        }
        fewest
    }

    fn compare(&self, is_right: impl Fn(&str, u64, u64) -> bool) {
        let wrong = self.wrong(is_right);
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    /// The calls whose comparison is not right.
    fn wrong(&self, is_right: impl Fn(&str, u64, u64) -> bool) -> Vec<String> {
        let mut wrong = Vec::new();
        macro_rules! each {
            ($($name:literal $db:ident => $call:expr;)*) => {$(
                let (bare, ours) = self.fewest(
                    || { let $db = &self.bare; Box::pin(async move { $call }) },
                    || { let $db = &self.ours; Box::pin(async move { $call }) },
                    |bare, ours| is_right($name, bare, ours),
                );
                if !is_right($name, bare, ours) {
                    wrong.push(format!("{}: {ours} where the pool takes {bare}", $name));
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
        wrong
    }
}

/// Polls again only when what is waited for has come, all of it.
async fn unhurried(mut call: Call<'_>) {
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
fn a_pool_that_nothing_concerns_takes_what_the_bare_one_takes() {
    let setting = Setting::new();
    let _elsewhere = setting
        .chaos
        .inject(BlastRadius::queries_on("another-db"), Fault::reset())
        .unwrap();
    setting.compare(|call, bare, ours| {
        // sqlx boxes the beginning of its transactions, which we do not.
        let box_of_begin = u64::from(matches!(call, "commit" | "rollback"));
        ours == bare - box_of_begin
    });
}

#[test]
fn a_pool_that_decides_and_misses_takes_no_more() {
    let setting = Setting::new();
    let others = BlastRadius::queries_on("orders-db").operation("INSERT orders");
    let guard = setting.chaos.inject(others, Fault::reset()).unwrap();
    setting.compare(|_, bare, ours| ours <= bare);
    assert_eq!(guard.injected(), 0);
}
