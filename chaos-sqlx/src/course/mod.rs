//! What happens to one operation that something concerns.

mod errands;

use chaos_core::adapter::{Armed, Breakage, Broken, Decision, Flow, Observation, Outcome};
use chaos_core::{InjectedFault, Phase, Site};
use sqlx::Error;

pub(crate) use errands::Locks;

use crate::driver::{ChaosDatabase, Suffers};
use crate::statement::Name;
use crate::{ChaosConnection, Failure};

/// What happens to one operation that something concerns, from its decision to its outcome.
pub(crate) struct Course {
    name: Name,
    decision: Decision,
    observation: Option<Observation>,
    site: Site,
}

impl Course {
    /// The course of an operation; none, if nothing concerns it.
    ///
    /// It is decided on here, not when it is polled.
    pub(crate) fn of(
        site: &Site,
        suffers: Suffers,
        name: impl FnOnce() -> Name,
    ) -> Option<Armed<Self>> {
        let needs = site.needs()?;
        // Who only watches has no use for names.
        let name = if needs.decision() {
            name()
        } else {
            Name::of("")
        };
        let decision = name.with_operation(|operation| {
            let operation = operation.suffers(suffers.faults);
            site.decide(&operation.fails_as(suffers.fails_as))
        });
        let observation = site.observe();
        let concerns = !decision.is_none() || observation.is_some() || site.is_explored();
        concerns.then(|| {
            needs.arm(Self {
                name,
                decision,
                observation,
                site: site.clone(),
            })
        })
    }

    /// Does what the database does for a while, not what waits for time to pass.
    pub(crate) async fn work<T>(&self, work: impl Future<Output = T>) -> T {
        let _working = self.site.works_outside();
        work.await
    }

    pub(crate) fn decision(&mut self) -> &mut Decision {
        &mut self.decision
    }

    /// Applies what comes before the operation, on the connection that it will be done on.
    pub(crate) async fn before<DB: ChaosDatabase>(
        &mut self,
        connection: &mut ChaosConnection<DB>,
    ) -> Result<Locks, Error> {
        self.apply(Phase::Before, connection).await?;
        let errands = self.decision.take_adapter_work();
        self.work(errands::run(errands, connection)).await
    }

    /// Applies what comes after the operation, which was done.
    pub(crate) async fn after<DB: ChaosDatabase>(
        &mut self,
        connection: &mut ChaosConnection<DB>,
    ) -> Result<(), Error> {
        self.apply(Phase::After, connection).await
    }

    async fn apply<DB: ChaosDatabase>(
        &mut self,
        phase: Phase,
        connection: &mut ChaosConnection<DB>,
    ) -> Result<(), Error> {
        match self.decision.apply(phase).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.fail(&fault, connection).await),
        }
    }

    async fn fail<DB: ChaosDatabase>(
        &self,
        fault: &InjectedFault,
        connection: &mut ChaosConnection<DB>,
    ) -> Error {
        self.work(connection.fail(*fault.failure(), self.name.subject()))
            .await
    }

    /// What strikes between its rows.
    pub(crate) fn flow(&mut self) -> Flow {
        self.decision.flow()
    }

    /// Breaks the operation off in the midst of its rows.
    pub(crate) async fn break_off<DB: ChaosDatabase>(
        &mut self,
        broken: &Broken,
        connection: &mut ChaosConnection<DB>,
    ) -> Error {
        if let Some(observation) = &mut self.observation {
            observation.treated();
        }
        let failure = match broken.how {
            Breakage::Reset => Failure::Reset,
            Breakage::Cut | Breakage::HalfClosed => Failure::Closed,
            _ => *broken.fault.failure(),
        };
        self.work(connection.fail(failure, self.name.subject()))
            .await
    }

    /// Tells what came of the operation.
    pub(crate) fn finish<T>(&mut self, result: &Result<T, Error>) {
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
