//! An operation with faults injected, from its decision to its reported outcome.

mod adapter_work;
mod hold_lock;

use chaos_core::adapter::{
    Armed, Breakage, Broken, Decision, Flow, Observation, Outcome, TransactionRecord,
};
use chaos_core::{Failure, InjectedFault, Phase, Site};
use sqlx::{Database, Error};

use adapter_work::HeldLocks;

use crate::driver::{ChaosDatabase, SupportedFaults};
use crate::sql::OperationName;
use crate::wrapped::{WrappedConnection, WrappedPool};

/// An operation that an experiment, a condition or an exploration needs to see.
pub(crate) struct ActiveOperation {
    name: OperationName,
    decision: Decision,
    observation: Option<Observation>,
    site: Site,
}

impl ActiveOperation {
    /// Decides what happens to an operation of a connection; returns `None` if nothing does.
    pub(crate) fn begin_on<DB: ChaosDatabase>(
        connection: &WrappedConnection<DB>,
        supported: SupportedFaults,
        name: impl FnOnce() -> OperationName,
    ) -> Option<Armed<Self>> {
        Self::begin(connection.site(), connection.transaction(), supported, name)
    }

    /// Decides what happens to an operation; returns `None` if nothing does.
    pub(crate) fn begin(
        site: &Site,
        transaction: Option<&TransactionRecord>,
        supported: SupportedFaults,
        name: impl FnOnce() -> OperationName,
    ) -> Option<Armed<Self>> {
        let needs = site.needs()?;
        // Conditions count operations without their names.
        let name = if needs.decision() {
            name()
        } else {
            OperationName::new("")
        };
        let decision = name.with_operation(|operation| {
            let mut operation = operation.suffers(supported.faults);
            if let Some(transaction) = transaction {
                operation = operation.in_transaction(transaction);
            }
            site.decide(&operation.fails_as(supported.can_fail_with))
        });
        let observation = site.observe();
        let is_needed = !decision.is_none() || observation.is_some() || site.is_explored();
        is_needed.then(|| {
            needs.arm(Self {
                name,
                decision,
                observation,
                site: site.clone(),
            })
        })
    }

    pub(crate) fn decision(&mut self) -> &mut Decision {
        &mut self.decision
    }

    /// Runs an operation that returns no rows, with its faults injected, and reports its outcome.
    pub(crate) async fn run<DB: ChaosDatabase, T>(
        mut self,
        connection: &mut WrappedConnection<DB>,
        call: impl AsyncFnOnce(&mut WrappedConnection<DB>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let result = self.run_unreported(connection, call).await;
        self.report(&result);
        result
    }

    async fn run_unreported<DB: ChaosDatabase, T>(
        &mut self,
        connection: &mut WrappedConnection<DB>,
        call: impl AsyncFnOnce(&mut WrappedConnection<DB>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let locks = self.apply_before(connection).await?;
        let result = self.in_database(call(connection)).await;
        locks.release().await;
        let value = result?;
        self.apply_after(connection).await?;
        Ok(value)
    }

    /// Runs a future that waits for the database, during which the virtual time of an exploration stands still.
    pub(crate) async fn in_database<T>(&self, future: impl Future<Output = T>) -> T {
        let _working = self.site.works_outside();
        future.await
    }

    /// Applies the faults before the operation.
    pub(crate) async fn apply_before<DB: ChaosDatabase>(
        &mut self,
        connection: &mut WrappedConnection<DB>,
    ) -> Result<HeldLocks, Error> {
        self.apply(Phase::Before, connection).await?;
        let works = self.decision.take_adapter_work();
        self.in_database(adapter_work::work_for_statement(works, connection))
            .await
    }

    /// Applies the faults after the operation.
    pub(crate) async fn apply_after<DB: ChaosDatabase>(
        &mut self,
        connection: &mut WrappedConnection<DB>,
    ) -> Result<(), Error> {
        self.apply(Phase::After, connection).await
    }

    async fn apply<DB: ChaosDatabase>(
        &mut self,
        phase: Phase,
        connection: &mut WrappedConnection<DB>,
    ) -> Result<(), Error> {
        match self.decision.apply(phase).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.fail(&fault, connection).await),
        }
    }

    /// Starts holding connections if an experiment asks for it: the only work that `acquire` can do.
    pub(crate) fn hold_connections<DB: Database>(
        &mut self,
        pool: &WrappedPool<DB>,
    ) -> Result<(), Error> {
        adapter_work::work_for_acquire(self.decision.take_adapter_work(), pool)
    }

    /// Returns the faults between the rows.
    pub(crate) fn flow(&mut self) -> Flow {
        self.decision.flow()
    }

    /// Breaks the operation off between its rows.
    pub(crate) async fn break_off<DB: ChaosDatabase>(
        &mut self,
        broken: &Broken,
        connection: &mut WrappedConnection<DB>,
    ) -> Error {
        if let Some(observation) = &mut self.observation {
            observation.treated();
        }
        let fault = &broken.fault;
        match broken.how {
            Breakage::Reset => self.fail_with(Failure::Reset, connection).await,
            Breakage::Cut | Breakage::HalfClosed => {
                self.fail_with(Failure::Closed, connection).await
            }
            Breakage::Error => self.fail(fault, connection).await,
            unknown => {
                tracing::error!(
                    ?unknown,
                    "rows break off in an unknown way: reporting an error"
                );
                self.fail(fault, connection).await
            }
        }
    }

    async fn fail<DB: ChaosDatabase>(
        &self,
        fault: &InjectedFault,
        connection: &mut WrappedConnection<DB>,
    ) -> Error {
        self.fail_with(*fault.failure(), connection).await
    }

    async fn fail_with<DB: ChaosDatabase>(
        &self,
        failure: Failure,
        connection: &mut WrappedConnection<DB>,
    ) -> Error {
        self.in_database(connection.fail(failure, self.name.statement()))
            .await
    }

    /// Reports the outcome to conditions and metrics.
    pub(crate) fn report<T>(&mut self, result: &Result<T, Error>) {
        if let Some(mut observation) = self.observation.take() {
            if self.decision.is_applied() {
                observation.treated();
            }
            observation.finish(match result {
                Ok(_) => Outcome::Success,
                Err(_) => Outcome::Failure,
            });
        }
    }
}
