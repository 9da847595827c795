//! A database whose injected failures are compared with real ones.

use std::time::Duration;

use chaos_sqlx::{ChaosConnection, ChaosDatabase, ChaosManager, ChaosPool};
use futures_util::future::BoxFuture;
use sqlx::Error;
use tokio::time::timeout;

use super::comparison::{Comparison, check_docs};
use super::observation::{Observation, compare};
use super::transaction_context::{TransactionContext, inject, observe};
use crate::fidelity_table::TableColumn;

/// A database whose injected failures are compared with real ones.
pub(crate) trait ComparedDatabase: ChaosDatabase {
    type RealFailure: Copy;
    type Fixture: Fixture<Self>;

    /// The column of the docs' table.
    const COLUMN: TableColumn;

    /// Returns the URL of the server; logs that the test is skipped if there is none.
    fn url() -> Option<String>;

    fn comparisons() -> Vec<Comparison<Self::RealFailure>>;

    fn run<'c>(
        caller: &'c mut ChaosConnection<Self>,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>>;

    /// Provokes a real failure of the caller's statement, and returns its error.
    async fn provoke(
        real: Self::RealFailure,
        caller: &mut ChaosConnection<Self>,
        fixture: &Self::Fixture,
    ) -> Error;

    /// Records the fields that only this database's errors have.
    fn record_details(observation: &mut Observation, error: &Error);
}

/// The tables, users and sessions that real failures need, under a unique name.
pub(crate) trait Fixture<DB: ComparedDatabase>: Sized {
    async fn create(url: &str) -> Self;

    fn name(&self) -> &str;

    /// Creates a pool of one connection, for a caller who can suffer this failure.
    fn pool(&self, real: DB::RealFailure, chaos: &ChaosManager) -> ChaosPool<DB>;

    /// Returns the statement that prepares the caller's session for this failure.
    fn session_setting(real: DB::RealFailure) -> Option<&'static str>;

    /// Counts the rows that the caller has committed.
    async fn count_witness_rows(&self) -> i64;

    async fn remove(self);
}

/// Compares all failures of a database in all their contexts.
pub(crate) async fn compare_all_failures<DB: ComparedDatabase>() {
    let Some(url) = DB::url() else {
        return;
    };
    let mut wrong = Vec::new();
    let comparisons = DB::comparisons();
    wrong.extend(check_docs(&comparisons, DB::COLUMN).err());
    for comparison in &comparisons {
        for context in comparison.contexts {
            let both = async {
                let real = observe_failure::<DB>(
                    &url,
                    *context,
                    comparison,
                    async |caller, fixture, _| DB::provoke(comparison.real, caller, fixture).await,
                );
                let real = real.await;
                let injected =
                    observe_failure::<DB>(&url, *context, comparison, async |caller, _, chaos| {
                        inject(chaos, comparison, caller).await
                    });
                (real, injected.await)
            };
            let name = format!("{} / {context:?}", comparison.name);
            let (real, injected) = timeout(TIMEOUT, both).await.expect(&name);
            wrong.extend(compare(&name, &real, &injected, comparison.differing).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Observes a failure, real or injected, and what follows it.
async fn observe_failure<DB: ComparedDatabase>(
    url: &str,
    context: TransactionContext,
    comparison: &Comparison<DB::RealFailure>,
    fail: impl AsyncFnOnce(&mut ChaosConnection<DB>, &DB::Fixture, &ChaosManager) -> Error,
) -> Observation {
    let chaos = ChaosManager::new();
    let fixture = DB::Fixture::create(url).await;
    let pool = fixture.pool(comparison.real, &chaos);
    let mut caller = pool.acquire().await.unwrap();
    if let Some(sql) = DB::Fixture::session_setting(comparison.real) {
        DB::run(&mut caller, sql).await.unwrap();
    }
    let mut observation = observe(
        context,
        &mut caller,
        async |caller: &mut ChaosConnection<_>| fail(caller, &fixture, &chaos).await,
    )
    .await;
    drop(caller);
    let afterwards = async {
        let mut caller = pool.acquire().await?;
        DB::run(&mut caller, "SELECT 1").await
    };
    observation.record_result("pool", afterwards.await);
    pool.close().await;
    let rows = fixture.count_witness_rows().await;
    observation.record("rows written", rows.to_string());
    observation.replace_name(fixture.name(), "{name}");
    fixture.remove().await;
    observation
}
