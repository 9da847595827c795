//! What a caller is doing when something fails, and what it does then.

use chaos_sqlx::{BlastRadius, ChaosConnection, ChaosManager, Experiment};
use sqlx::Error;

use crate::on_servers::comparing::Compared;
use crate::on_servers::row::Row;
use crate::on_servers::seen::Seen;

/// Where in the caller's work it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Outside of a transaction.
    Alone,
    /// In a transaction, after a write.
    Transaction,
    /// In a transaction in a transaction, after a write in either.
    Savepoint,
}

impl Place {
    pub(crate) const ALL: &[Self] = &[Self::Alone, Self::Transaction, Self::Savepoint];
    pub(crate) const TRANSACTIONS: &[Self] = &[Self::Transaction, Self::Savepoint];
}

/// Does the work, and notes what is seen of it. There is a table `witness` to write to.
pub(crate) async fn observe<DB: Compared>(
    place: Place,
    caller: &mut ChaosConnection<DB>,
    fail: impl AsyncFnOnce(&mut ChaosConnection<DB>) -> Error,
) -> Seen {
    let mut seen = Seen::default();
    match place {
        Place::Alone => {
            note::<DB>(&mut seen, &fail(caller).await);
            seen.result("next", DB::run(caller, "SELECT 1").await);
        }
        Place::Transaction => {
            let mut outer = caller.begin().await.unwrap();
            let first = DB::run(&mut outer, "INSERT INTO witness VALUES (1)");
            first.await.unwrap();
            note::<DB>(&mut seen, &fail(&mut outer).await);
            seen.result("next", DB::run(&mut outer, "SELECT 1").await);
            seen.result("commit", outer.commit().await);
        }
        Place::Savepoint => {
            let mut outer = caller.begin().await.unwrap();
            let first = DB::run(&mut outer, "INSERT INTO witness VALUES (1)");
            first.await.unwrap();
            let mut inner = outer.begin().await.unwrap();
            let second = DB::run(&mut inner, "INSERT INTO witness VALUES (2)");
            second.await.unwrap();
            note::<DB>(&mut seen, &fail(&mut inner).await);
            seen.result("next", DB::run(&mut inner, "SELECT 1").await);
            seen.result("rollback to savepoint", inner.rollback().await);
            seen.result("next after that", DB::run(&mut outer, "SELECT 1").await);
            seen.result("commit", outer.commit().await);
        }
    }
    seen.result("at the end", DB::run(caller, "SELECT 1").await);
    seen
}

fn note<DB: Compared>(seen: &mut Seen, error: &Error) {
    seen.error(error);
    DB::details(seen, error);
}

/// Has a statement fail by a fault.
pub(crate) async fn inject<DB: Compared, R>(
    chaos: &ChaosManager,
    row: &Row<R>,
    caller: &mut ChaosConnection<DB>,
) -> Error {
    let experiment = Experiment::new(row.name)
        .fault(row.ours.clone())
        .phase(row.phase)
        .blast_radius(BlastRadius::queries_on("db"));
    let fault = chaos.start(experiment).unwrap();
    let error = DB::run(caller, row.statement).await.unwrap_err();
    assert_eq!(fault.injected(), 1);
    error
}
