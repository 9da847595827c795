//! What only connections of Postgres can do.

use chaos_core::adapter::Support;
use chaos_core::{FaultKind, Phase};
use futures_core::stream::BoxStream;
use sqlx::postgres::{PgConnection, PgCopyIn};
use sqlx::{Error, Postgres};
use sqlx_core::bytes::Bytes;

use crate::ChaosConnection;
use crate::driver::{Driver, SupportedFaults};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;

/// Faults before a `COPY`: after it has begun, its bytes are in the hands of the caller.
const COPY: SupportedFaults = SupportedFaults::with_any_failure(
    Support::NONE
        .with(FaultKind::Latency, Phase::Before)
        .with(FaultKind::Error, Phase::Before)
        .with(FaultKind::Timeout, Phase::Before)
        .with(FaultKind::RateLimit, Phase::Before)
        .with(FaultKind::CircuitBreak, Phase::Before)
        .with(FaultKind::Panic, Phase::Before)
        .with(FaultKind::Crash, Phase::Before)
        .with(FaultKind::Disconnect, Phase::Before)
        .with(FaultKind::ServerSleep, Phase::Before)
        .with(FaultKind::HoldConnections, Phase::Before),
);

impl ChaosConnection<Postgres> {
    /// Returns the version of the server as a number such as `160002`, if it has reported one.
    #[must_use]
    pub fn server_version_num(&self) -> Option<u32> {
        self.wrapped().raw_ref()?.server_version_num()
    }

    /// Begins a `COPY … FROM STDIN`.
    ///
    /// It is an operation named `COPY`, with its table; faults can strike before it, but not between its bytes.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and the faults of `COPY`.
    pub async fn copy_in_raw(
        &mut self,
        statement: &str,
    ) -> Result<PgCopyIn<&mut PgConnection>, Error> {
        let operation = self.begin_copy(statement).await?;
        let copy = self.bypass()?.copy_in_raw(statement).await;
        report(operation, &copy);
        copy
    }

    /// Begins a `COPY … TO STDOUT`, and returns the bytes.
    ///
    /// It is an operation named `COPY`, with its table; faults can strike before it, but not between its bytes.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and the faults of `COPY`.
    pub async fn copy_out_raw<'c>(
        &'c mut self,
        statement: &str,
    ) -> Result<BoxStream<'c, Result<Bytes, Error>>, Error> {
        let operation = self.begin_copy(statement).await?;
        let copy = self.bypass()?.copy_out_raw(statement).await;
        report(operation, &copy);
        copy
    }

    /// Applies the faults before a `COPY`, and returns its operation if anything needs its outcome.
    async fn begin_copy(&mut self, statement: &str) -> Result<Option<ActiveOperation>, Error> {
        let connection = self.wrapped_mut();
        let name = || OperationName::of_statement(statement, Postgres::DIALECT);
        let Some(operation) = ActiveOperation::begin_on(connection, COPY, name) else {
            return Ok(None);
        };
        let mut operation = operation.into_inner();
        match operation.apply_before(connection).await {
            Ok(locks) => {
                locks.release().await;
                Ok(Some(operation))
            }
            Err(error) => {
                let failed = Err(error);
                operation.report(&failed);
                failed
            }
        }
    }
}

fn report<T>(operation: Option<ActiveOperation>, result: &Result<T, Error>) {
    if let Some(mut operation) = operation {
        operation.report(result);
    }
}
