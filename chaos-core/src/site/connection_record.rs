//! What experiments have decided about one connection, once for all its operations.

#[cfg(feature = "inject")]
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

#[cfg(feature = "inject")]
use crate::draw::Identity;
#[cfg(feature = "inject")]
use crate::running::{Holder, Pass, Permit, Running};

/// What experiments have decided about one connection of a stream.
///
/// A connection is one thing that happens: whether an experiment concerns it is decided once, and it counts once. Its
/// operations (`connect` or `accept`, `read`, `write`) only say where the experiment then strikes. An adapter keeps
/// one record for each connection, and passes it with each [`Operation`](crate::Operation::on).
#[derive(Debug, Clone)]
pub struct ConnectionRecord {
    number: u64,
    #[cfg(feature = "inject")]
    standings: Arc<Mutex<Vec<Standing>>>,
}

impl ConnectionRecord {
    /// Creates the record of the connection with this [number](crate::Site::number_next).
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self {
            number,
            #[cfg(feature = "inject")]
            standings: Arc::default(),
        }
    }

    /// Returns the number of the connection.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }
}

/// What one experiment has decided about a connection.
#[cfg(feature = "inject")]
#[derive(Debug)]
struct Standing {
    experiment: u64,
    admission: Result<(), Pass>,
    /// The operation that was struck first, from which on the connection counts as injected.
    struck_at: Option<Box<str>>,
    permit: Weak<Permit>,
}

/// The part of a strike on a connection that has not happened at another operation of it before.
#[cfg(feature = "inject")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The connection counts from now on.
    First,
    /// The connection has been counted before.
    Again,
}

#[cfg(feature = "inject")]
impl ConnectionRecord {
    /// The identity of the connection's draws, the same for all its operations.
    pub(crate) fn identity(&self) -> Identity {
        Identity::of_connection(self.number)
    }

    /// Returns whether an experiment admits the connection, which `admit` decides the first time.
    pub(crate) fn admission(
        &self,
        running: &Running,
        admit: impl FnOnce() -> Result<(), Pass>,
    ) -> Result<(), Pass> {
        if let Some(admission) = self.change(running, |standing| standing.admission) {
            return admission;
        }
        let admission = admit();
        self.standings().push(Standing {
            experiment: running.id,
            admission,
            struck_at: None,
            permit: Weak::new(),
        });
        admission
    }

    /// Whether an experiment has struck another operation of the connection.
    pub(crate) fn is_struck_elsewhere(&self, running: &Running, operation: &str) -> bool {
        let elsewhere = self.change(running, |standing| {
            let struck_at = standing.struck_at.as_deref();
            struck_at.is_some_and(|struck_at| struck_at != operation)
        });
        elsewhere == Some(true)
    }

    /// Takes a permit for a strike on an operation; the connection counts in total only once.
    pub(crate) fn take_permit(
        &self,
        running: &Arc<Running>,
        operation: &str,
        holder: Holder,
    ) -> Option<(Permit, Counting)> {
        let counting = self.count(running, operation);
        // A permit may wake tasks, so it is taken under no lock.
        let permit = match counting {
            Counting::First => Permit::take(running, holder),
            Counting::Again => Permit::take_again(running, holder),
        };
        if permit.is_err() && counting == Counting::First {
            self.change(running, |standing| standing.struck_at = None);
        }
        Some((permit.ok()?, counting))
    }

    /// Takes the permit that both directions of the connection share.
    pub(crate) fn share_permit(
        &self,
        running: &Arc<Running>,
        operation: &str,
    ) -> Option<(Arc<Permit>, Counting)> {
        let shared = self.change(running, |standing| standing.permit.upgrade());
        if let Some(permit) = shared.flatten() {
            return Some((permit, Counting::Again));
        }
        let (permit, counting) = self.take_permit(running, operation, Holder::Idle)?;
        let permit = Arc::new(permit);
        self.change(running, |standing| {
            standing.permit = Arc::downgrade(&permit);
        });
        Some((permit, counting))
    }

    fn count(&self, running: &Running, operation: &str) -> Counting {
        // An experiment that a witness placed has no standing: it strikes one operation.
        let counting = self.change(running, |standing| match standing.struck_at {
            Some(_) => Counting::Again,
            None => {
                standing.struck_at = Some(operation.into());
                Counting::First
            }
        });
        counting.unwrap_or(Counting::First)
    }

    /// Forgets the experiments that have ended: a connection may outlive any number of them.
    pub(crate) fn keep_only(&self, experiments: &[u64]) {
        self.standings()
            .retain(|standing| experiments.contains(&standing.experiment));
    }

    fn change<R>(&self, running: &Running, change: impl FnOnce(&mut Standing) -> R) -> Option<R> {
        self.standings()
            .iter_mut()
            .find(|standing| standing.experiment == running.id)
            .map(change)
    }

    fn standings(&self) -> MutexGuard<'_, Vec<Standing>> {
        self.standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
