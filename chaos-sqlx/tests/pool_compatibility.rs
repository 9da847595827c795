//! A chaos pool is used like a sqlx pool: the same code compiles, and does the same.

use std::time::Duration;

use chaos_sqlx::{ChaosPool, ExperimentGuard, Fault};
use futures_util::TryStreamExt;
use sqlite_fixture::{SqliteFixture, all_operations};
use sqlx::migrate::Migrator;
use sqlx::{Acquire, Executor, FromRow, Row, Sqlite, Statement};

mod sqlite_fixture;

static MIGRATOR: Migrator = sqlx::migrate!("tests/migrations");

#[derive(Debug, PartialEq, FromRow)]
struct Order {
    id: i64,
    item: String,
}

/// The experiment that runs during a test.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Chaos {
    None,
    /// An experiment that hits no operation.
    Misses,
    /// An experiment that hits every operation, and only delays it.
    Hits,
}

impl Chaos {
    const ALL: [Self; 3] = [Self::None, Self::Misses, Self::Hits];

    fn start(self, fixture: &SqliteFixture) -> Option<ExperimentGuard> {
        let radius = match self {
            Self::None => return None,
            Self::Misses => all_operations().operation("no such operation"),
            Self::Hits => all_operations(),
        };
        let slow = Fault::latency(Duration::from_micros(100));
        Some(fixture.chaos.inject(radius, slow).unwrap())
    }
}

/// Runs each test without an experiment, with one that misses, and with one that hits; the results are the same.
macro_rules! tests {
    ($(async fn $name:ident($db:ident: &ChaosPool<Sqlite>) $body:block)*) => {$(
        #[tokio::test]
        async fn $name() {
            for chaos in Chaos::ALL {
                let fixture = SqliteFixture::new().await;
                let guard = chaos.start(&fixture);
                let $db = &fixture.db;
                $body
                if let Some(guard) = guard {
                    assert_eq!(guard.injected() > 0, chaos == Chaos::Hits, "{chaos:?}");
                }
            }
        }
    )*};
}

tests! {
    async fn queries_return_the_same(db: &ChaosPool<Sqlite>) {
        let done = sqlx::query("INSERT INTO orders VALUES ($1, $2)")
            .bind(4)
            .bind("salt")
            .execute(db)
            .await
            .unwrap();
        assert_eq!((done.rows_affected(), done.last_insert_rowid()), (1, 4));
        let row = sqlx::query("SELECT item FROM orders WHERE id = 4").fetch_one(db).await.unwrap();
        assert_eq!(row.get::<String, _>(0), "salt");
        let none = sqlx::query("SELECT * FROM orders WHERE id = 9");
        assert!(none.fetch_optional(db).await.unwrap().is_none());
        let none = sqlx::query("SELECT * FROM orders WHERE id = 9").fetch_one(db).await;
        assert!(matches!(none, Err(sqlx::Error::RowNotFound)));
    }

    async fn typed_queries_return_the_same(db: &ChaosPool<Sqlite>) {
        let orders: Vec<Order> = sqlx::query_as("SELECT * FROM orders WHERE id < ?")
            .bind(3)
            .fetch_all(db)
            .await
            .unwrap();
        assert_eq!(orders[1], Order { id: 2, item: "milk".into() });
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(db).await.unwrap();
        assert_eq!(count, 3);
    }

    async fn raw_sql_returns_the_same(db: &ChaosPool<Sqlite>) {
        let done = db.execute("DELETE FROM orders; INSERT INTO orders VALUES (7, 'oats')").await.unwrap();
        assert_eq!(done.rows_affected(), 4);
        let rows = sqlx::raw_sql("SELECT * FROM orders; SELECT 1").fetch_all(db).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(db.fetch_one("SELECT 5").await.unwrap().get::<i64, _>(0), 5);
    }

    async fn streams_yield_the_same(db: &ChaosPool<Sqlite>) {
        let mut rows = sqlx::query_as::<_, Order>("SELECT * FROM orders ORDER BY id").fetch(db);
        let mut ids = Vec::new();
        while let Some(order) = rows.try_next().await.unwrap() {
            ids.push(order.id);
        }
        assert_eq!(ids, [1, 2, 3]);
        let many = db.fetch_many("SELECT * FROM orders; DELETE FROM orders");
        let many: Vec<_> = many.map_ok(|item| item.is_right()).try_collect().await.unwrap();
        assert_eq!(many, [true, true, true, false, false]);
    }

    async fn dropped_streams_leave_the_connection_usable(db: &ChaosPool<Sqlite>) {
        let mut connection = db.acquire().await.unwrap();
        for _ in 0..3 {
            let mut rows = sqlx::query("SELECT * FROM orders").fetch(&mut *connection);
            assert!(rows.try_next().await.unwrap().is_some());
            drop(rows);
            let count: i64 = sqlx::query_scalar("SELECT count(*) FROM orders")
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            assert_eq!(count, 3);
        }
    }

    async fn prepared_statements_return_the_same(db: &ChaosPool<Sqlite>) {
        let statement = db.prepare(sqlx::SqlStr::from_static("SELECT item FROM orders WHERE id = ?"));
        let statement = statement.await.unwrap();
        for (id, item) in [(1, "tea"), (2, "milk")] {
            let found: String = statement.query_scalar().bind(id).fetch_one(db).await.unwrap();
            assert_eq!(found, item);
        }
    }

    async fn errors_of_the_database_are_unchanged(db: &ChaosPool<Sqlite>) {
        let twice = sqlx::query("INSERT INTO orders VALUES (1, 'again')").execute(db).await.unwrap_err();
        let error = twice.as_database_error().unwrap();
        assert!(error.is_unique_violation());
        assert_eq!(error.code().unwrap(), "1555");
        assert!(sqlx::query("nonsense").execute(db).await.is_err());
        assert!(sqlx::query("SELECT ?").bind(Unencodable).fetch_one(db).await.is_err());
    }

    async fn migrations_run(db: &ChaosPool<Sqlite>) {
        MIGRATOR.run(db).await.unwrap();
        MIGRATOR.run(db).await.unwrap();
        sqlx::query("INSERT INTO customers VALUES (1, 'Ada')").execute(db).await.unwrap();
    }

    async fn transactions_commit_and_roll_back(db: &ChaosPool<Sqlite>) {
        let mut transaction = db.begin().await.unwrap();
        transaction.execute("DELETE FROM orders WHERE id = 1").await.unwrap();
        assert!(transaction.is_in_transaction());
        transaction.commit().await.unwrap();

        let mut transaction = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
        transaction.execute("DELETE FROM orders WHERE id = 2").await.unwrap();
        transaction.rollback().await.unwrap();

        let mut transaction = db.begin().await.unwrap();
        transaction.execute("DELETE FROM orders WHERE id = 3").await.unwrap();
        drop(transaction);
        assert_eq!(ids(db).await, [2, 3]);
    }

    async fn nested_transactions_commit_and_roll_back(db: &ChaosPool<Sqlite>) {
        let mut outer = db.begin().await.unwrap();
        delete(&mut *outer, 1).await.unwrap();
        let mut inner = outer.begin().await.unwrap();
        delete(&mut *inner, 2).await.unwrap();
        let mut innermost = inner.begin().await.unwrap();
        delete(&mut *innermost, 3).await.unwrap();
        innermost.commit().await.unwrap();
        inner.rollback().await.unwrap();
        let mut dropped = outer.begin().await.unwrap();
        delete(&mut *dropped, 3).await.unwrap();
        drop(dropped);
        outer.commit().await.unwrap();
        assert_eq!(ids(db).await, [2, 3]);
    }

    async fn transactions_on_a_connection_commit(db: &ChaosPool<Sqlite>) {
        let mut connection = db.acquire().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        delete(&mut *transaction, 1).await.unwrap();
        transaction.commit().await.unwrap();
        assert!(!connection.is_in_transaction());
        connection.ping().await.unwrap();
        assert_eq!(ids(&mut *connection).await, [2, 3]);
    }

    async fn functions_generic_over_executors_accept_all_types(db: &ChaosPool<Sqlite>) {
        assert_eq!(ids(db).await, [1, 2, 3]);
        let mut connection = db.acquire().await.unwrap();
        assert_eq!(ids(&mut *connection).await, [1, 2, 3]);
        drop(connection);
        let mut transaction = db.begin().await.unwrap();
        assert_eq!(ids(&mut *transaction).await, [1, 2, 3]);
        let mut nested = transaction.begin().await.unwrap();
        assert_eq!(ids(&mut *nested).await, [1, 2, 3]);
    }

    async fn functions_generic_over_acquire_accept_dereferenced_types(db: &ChaosPool<Sqlite>) {
        delete_first_two(db).await.unwrap();
        let mut transaction = db.begin().await.unwrap();
        delete_first_two(&mut *transaction).await.unwrap();
        drop(transaction);
        let mut connection = db.acquire().await.unwrap();
        delete_first_two(&mut *connection).await.unwrap();
        assert_eq!(ids(&mut *connection).await, [3]);
    }

    async fn queries_run_in_spawned_tasks(db: &ChaosPool<Sqlite>) {
        let db = db.clone();
        let found = tokio::spawn(async move { ids(&db).await }).await.unwrap();
        assert_eq!(found, [1, 2, 3]);
    }
}

async fn ids<'e>(executor: impl Executor<'e, Database = Sqlite>) -> Vec<i64> {
    sqlx::query_scalar("SELECT id FROM orders ORDER BY id")
        .fetch_all(executor)
        .await
        .unwrap()
}

async fn delete<'e, E>(executor: E, id: i64) -> sqlx::Result<()>
where
    E: Executor<'e, Database = Sqlite>,
{
    let delete = sqlx::query("DELETE FROM orders WHERE id = ?").bind(id);
    delete.execute(executor).await.map(drop)
}

async fn delete_first_two<'a, A>(connection: A) -> sqlx::Result<()>
where
    A: Acquire<'a, Database = Sqlite>,
{
    let mut transaction = connection.begin().await?;
    delete(&mut *transaction, 1).await?;
    delete(&mut *transaction, 2).await?;
    transaction.commit().await
}

struct Unencodable;

impl sqlx::Type<Sqlite> for Unencodable {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as sqlx::Type<Sqlite>>::type_info()
    }
}

impl sqlx::Encode<'_, Sqlite> for Unencodable {
    fn encode_by_ref(
        &self,
        _: &mut sqlx::sqlite::SqliteArgumentsBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Err("this value can't be encoded".into())
    }
}

/// A function generic over the database.
async fn count<DB>(db: &ChaosPool<DB>) -> usize
where
    DB: chaos_sqlx::ChaosDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    db.fetch_all("SELECT * FROM orders").await.unwrap().len()
}

#[tokio::test]
async fn functions_generic_over_the_database_accept_a_chaos_pool() {
    assert_eq!(count(&SqliteFixture::new().await.db).await, 3);
}

#[tokio::test]
async fn pool_methods_behave_like_those_of_sqlx() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let db = &fixture.db;
    assert_eq!((db.size(), db.num_idle()), (2, 2));
    assert_eq!(db.options().get_max_connections(), 2);
    let one = db.try_acquire().unwrap();
    let two = db.try_begin().await.unwrap().unwrap();
    assert!(db.try_acquire().is_none());
    let timed_out = db.acquire().await.unwrap_err();
    assert!(matches!(timed_out, sqlx::Error::PoolTimedOut));
    drop(two);
    let mut detached = one.detach();
    assert_eq!(ids(&mut detached).await, [1, 2, 3]);
    sqlite_fixture::eventually(|| db.num_idle() == 1 && db.size() == 1).await;
    detached.close().await.unwrap();
    let event = db.close_event();
    db.close().await;
    event.await;
    assert!(db.is_closed());
    let closed = db.acquire().await.unwrap_err();
    assert!(matches!(closed, sqlx::Error::PoolClosed));
}

#[tokio::test]
async fn closing_the_pool_ends_a_delayed_acquire() {
    let fixture =
        SqliteFixture::with_options(sqlx::sqlite::SqlitePoolOptions::new().max_connections(1))
            .await;
    let slow = Fault::timeout(Duration::from_secs(60));
    let _guard = fixture
        .chaos
        .inject(sqlite_fixture::operation("acquire"), slow)
        .unwrap();
    let (acquired, ()) = tokio::join!(fixture.db.acquire(), fixture.db.close());
    assert!(matches!(acquired, Err(sqlx::Error::PoolClosed)));
}

#[tokio::test]
async fn functions_generic_over_acquire_accept_connections_and_transactions() {
    let fixture = SqliteFixture::new().await;
    let mut connection = fixture.db.acquire().await.unwrap();
    delete_first_two(&mut connection).await.unwrap();
    MIGRATOR.run(&mut connection).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    delete_first_two(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(ids(&fixture.db).await, [3]);
}
