//! Admission: whether an eligible operation is really treated, and how.
//!
//! It comes after eligibility and may count: caps, patterns, limits and circuits. It waits for nothing.

use std::time::Instant;

use super::errand::Task;
use super::limits::Memory;
use super::treatment::{Finish, Treatment};
use crate::Fault;
use crate::draw::Draws;
use crate::gate::Shut;
use crate::running::Running;
use crate::{Failure, Scope, SiteKind};

/// Why an eligible operation passes untreated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The experiment has ended, or a cap is reached.
    Shut(Shut),
    /// Its time limit has passed on the runtime's clock.
    Expired,
    /// It is not this operation's turn in the pattern.
    Pattern,
    /// No fault had anything to do: within the rate limit, the circuit closed.
    Conforms,
}

impl Running {
    /// Admits an eligible operation, or says why not.
    pub(crate) fn admit(&self, draw: u64, scope: Option<&Scope>, now: Instant) -> Result<(), Pass> {
        self.gate().would_admit().map_err(Pass::Shut)?;
        if self.has_expired(now) {
            return Err(Pass::Expired);
        }
        if !self.takes_turn(draw, scope) {
            return Err(Pass::Pattern);
        }
        Ok(())
    }

    /// Adds up the delays of its faults; the first failure wins.
    pub(crate) fn treatment(
        &self,
        draw: u64,
        site: SiteKind,
        now: Instant,
    ) -> Result<Treatment, Pass> {
        let mut treatment = Treatment::NOTHING;
        let mut draws = Draws::following(draw);
        for (fault, memory) in self.faults() {
            match (fault, memory) {
                (Fault::Latency(latency), _) => {
                    treatment.wait(latency.sample(&mut draws, self.running_for(now)));
                }
                (Fault::Error(failure), _) => treatment.fail(*failure),
                (Fault::Timeout(after), _) => {
                    treatment.wait(*after);
                    treatment.fail(Failure::TimedOut);
                }
                (Fault::Disconnect(disconnect), _) => treatment.disconnect(*disconnect, site),
                (_, Memory::Limiter(limiter)) => {
                    if let Err(wait) = limiter.take() {
                        treatment.finish = Some(Finish::Fail {
                            failure: Failure::Overloaded,
                            retry_after: Some(wait),
                        });
                    }
                }
                (_, Memory::Breaker(breaker)) => {
                    if let Err(wait) = breaker.pass() {
                        treatment.finish = Some(Finish::Fail {
                            failure: Failure::CircuitOpen,
                            retry_after: Some(wait),
                        });
                    }
                }
                (Fault::ServerSleep(latency), _) => {
                    let sleep = latency.sample(&mut draws, self.running_for(now));
                    if !sleep.is_zero() {
                        treatment.tasks.push(Task::ServerSleep(sleep));
                    }
                }
                (Fault::HoldConnections(connections), _) => {
                    treatment.tasks.push(Task::HoldConnections(*connections));
                }
                (Fault::HoldLock, _) => treatment.tasks.push(Task::HoldLock),
                (Fault::Panic, _) => treatment.finish = Some(Finish::Panic),
                (Fault::Crash(crash), _) => treatment.finish = Some(Finish::Crash(*crash)),
                _ => {}
            }
            if treatment.fault.is_none() && !treatment.is_nothing() {
                treatment.fault = Some(fault.kind());
            }
            if treatment.finish.is_some() {
                break;
            }
        }
        if treatment.is_nothing() {
            return Err(Pass::Conforms);
        }
        Ok(treatment)
    }
}
