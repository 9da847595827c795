//! Real failures and ours, side by side.

use std::time::Duration;

use chaos_sqlx::{ChaosConnection, ChaosDatabase, ChaosManager, ChaosPool};
use futures_util::future::BoxFuture;
use sqlx::Error;
use tokio::time::timeout;

use crate::on_servers::row::{Row, docs};
use crate::on_servers::scene::{Place, inject, observe};
use crate::on_servers::seen::{Seen, compare};
use crate::table::Column;

/// A database whose failures are compared.
pub(crate) trait Compared: ChaosDatabase {
    type Real: Copy;
    type Stage: Stage<Self>;

    /// Where the docs tell of it.
    const COLUMN: Column;

    /// Where it is, or a word about what is left out.
    fn url() -> Option<String>;

    fn rows() -> Vec<Row<Self::Real>>;

    fn run<'c>(
        caller: &'c mut ChaosConnection<Self>,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>>;

    /// Has this failure happen to the caller, and gives what it is told.
    async fn provoke(
        real: Self::Real,
        caller: &mut ChaosConnection<Self>,
        stage: &Self::Stage,
    ) -> Error;

    /// Notes what only this database's errors have.
    fn details(seen: &mut Seen, error: &Error);
}

/// The tables and the sessions that failures take, under a name of their own.
pub(crate) trait Stage<DB: Compared>: Sized {
    async fn new(url: &str) -> Self;

    fn name(&self) -> &str;

    /// A pool of one connection, for a caller to whom this can happen.
    fn pool(&self, real: DB::Real, chaos: &ChaosManager) -> ChaosPool<DB>;

    /// What the caller's session has to be told for it.
    fn setting(real: DB::Real) -> Option<&'static str>;

    /// How much the caller has written for others to see.
    async fn witnesses(&self) -> i64;

    async fn strike(self);
}

/// Does all failures of a database, and wants what is seen of ours to be what is declared.
pub(crate) async fn failures_look_like_real_ones<DB: Compared>() {
    let Some(url) = DB::url() else {
        return;
    };
    let mut wrong = Vec::new();
    let rows = DB::rows();
    wrong.extend(docs(&rows, DB::COLUMN).err());
    for row in &rows {
        for place in row.places {
            let both = async {
                let real = see::<DB>(&url, *place, row, async |caller, stage, _| {
                    DB::provoke(row.real, caller, stage).await
                });
                let real = real.await;
                let ours = see::<DB>(&url, *place, row, async |caller, _, chaos| {
                    inject(chaos, row, caller).await
                });
                (real, ours.await)
            };
            let name = format!("{} / {place:?}", row.name);
            let (real, ours) = timeout(PATIENCE, both).await.expect(&name);
            wrong.extend(compare(&name, &real, &ours, row.differ).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What does not come in this time does not come at all, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is seen of the real failure, or of ours.
async fn see<DB: Compared>(
    url: &str,
    place: Place,
    row: &Row<DB::Real>,
    fail: impl AsyncFnOnce(&mut ChaosConnection<DB>, &DB::Stage, &ChaosManager) -> Error,
) -> Seen {
    let chaos = ChaosManager::new();
    let stage = DB::Stage::new(url).await;
    let pool = stage.pool(row.real, &chaos);
    let mut caller = pool.acquire().await.unwrap();
    if let Some(sql) = DB::Stage::setting(row.real) {
        DB::run(&mut caller, sql).await.unwrap();
    }
    let mut seen = observe(
        place,
        &mut caller,
        async |caller: &mut ChaosConnection<_>| fail(caller, &stage, &chaos).await,
    )
    .await;
    drop(caller);
    let afterwards = async {
        let mut caller = pool.acquire().await?;
        DB::run(&mut caller, "SELECT 1").await
    };
    seen.result("pool", afterwards.await);
    pool.close().await;
    seen.note("rows written", stage.witnesses().await.to_string());
    seen.call(stage.name(), "{stage}");
    stage.strike().await;
    seen
}
