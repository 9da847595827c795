//! The context of a failure: outside a transaction, inside one, or in a savepoint.

use chaos_sqlx::{BlastRadius, ChaosConnection, ChaosManager, Experiment};
use sqlx::Error;

use super::compared_database::ComparedDatabase;
use super::comparison::Comparison;
use super::observation::Observation;

/// The context in which a statement fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionContext {
    NoTransaction,
    /// In a transaction, after a write.
    Transaction,
    /// In a savepoint, after a write in it and one before it.
    Savepoint,
}

impl TransactionContext {
    pub(crate) const ALL: &[Self] = &[Self::NoTransaction, Self::Transaction, Self::Savepoint];
    pub(crate) const TRANSACTIONS: &[Self] = &[Self::Transaction, Self::Savepoint];
}

/// Runs a failing statement in a context, and records its error and the results that follow.
///
/// The table `witness` receives the writes of the transaction.
pub(crate) async fn observe<DB: ComparedDatabase>(
    context: TransactionContext,
    caller: &mut ChaosConnection<DB>,
    fail: impl AsyncFnOnce(&mut ChaosConnection<DB>) -> Error,
) -> Observation {
    let mut observation = Observation::default();
    match context {
        TransactionContext::NoTransaction => {
            record_error::<DB>(&mut observation, &fail(caller).await);
            observation.record_result("next", DB::run(caller, "SELECT 1").await);
        }
        TransactionContext::Transaction => {
            let mut outer = caller.begin().await.unwrap();
            let first = DB::run(&mut outer, "INSERT INTO witness VALUES (1)");
            first.await.unwrap();
            record_error::<DB>(&mut observation, &fail(&mut outer).await);
            observation.record_result("next", DB::run(&mut outer, "SELECT 1").await);
            observation.record_result("commit", outer.commit().await);
        }
        TransactionContext::Savepoint => {
            let mut outer = caller.begin().await.unwrap();
            let first = DB::run(&mut outer, "INSERT INTO witness VALUES (1)");
            first.await.unwrap();
            let mut inner = outer.begin().await.unwrap();
            let second = DB::run(&mut inner, "INSERT INTO witness VALUES (2)");
            second.await.unwrap();
            record_error::<DB>(&mut observation, &fail(&mut inner).await);
            observation.record_result("next", DB::run(&mut inner, "SELECT 1").await);
            observation.record_result("rollback to savepoint", inner.rollback().await);
            observation.record_result("next after that", DB::run(&mut outer, "SELECT 1").await);
            observation.record_result("commit", outer.commit().await);
        }
    }
    observation.record_result("at the end", DB::run(caller, "SELECT 1").await);
    observation
}

fn record_error<DB: ComparedDatabase>(observation: &mut Observation, error: &Error) {
    observation.record_error(error);
    DB::record_details(observation, error);
}

/// Fails the comparison's statement by its fault.
pub(crate) async fn inject<DB: ComparedDatabase, R>(
    chaos: &ChaosManager,
    comparison: &Comparison<R>,
    caller: &mut ChaosConnection<DB>,
) -> Error {
    let experiment = Experiment::new(comparison.name)
        .fault(comparison.fault.clone())
        .phase(comparison.phase)
        .blast_radius(BlastRadius::queries_on("db"));
    let guard = chaos.start(experiment).unwrap();
    let error = DB::run(caller, comparison.statement).await.unwrap_err();
    assert_eq!(guard.injected(), 1);
    error
}
