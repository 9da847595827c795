//! What experiments have decided about one transaction, once for all its operations.

#[cfg(feature = "inject")]
use std::sync::{Mutex, OnceLock, PoisonError};

#[cfg(feature = "inject")]
use crate::draw::Identity;
#[cfg(feature = "inject")]
use crate::running::Running;

/// What experiments with a rate of transactions have decided about one transaction of a database.
///
/// An adapter keeps one record for each transaction, and passes it with the transaction's
/// [operations](crate::Operation::in_transaction). An operation without a record is a transaction of its own.
#[derive(Debug, Default)]
pub struct TransactionRecord {
    #[cfg(feature = "inject")]
    identity: OnceLock<Identity>,
    #[cfg(feature = "inject")]
    decided: Mutex<Vec<u64>>,
}

impl TransactionRecord {
    /// Creates the record of a transaction that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[cfg(feature = "inject")]
impl crate::Operation<'_> {
    /// The identity of the draws of its transaction, which is its own outside of any.
    #[cold]
    pub(crate) fn transaction_identity(&self, identity: Identity) -> Identity {
        let transaction = self.transaction();
        transaction.map_or(identity, |transaction| transaction.identity(identity))
    }
}

#[cfg(feature = "inject")]
impl TransactionRecord {
    /// The identity of the transaction's draws: that of its first operation.
    pub(crate) fn identity(&self, of_operation: Identity) -> Identity {
        *self.identity.get_or_init(|| of_operation)
    }

    /// Whether an experiment decides about the transaction for the first time, as it does only once.
    pub(crate) fn is_undecided_by(&self, running: &Running) -> bool {
        let mut decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !decided.contains(&running.id);
        if is_first {
            decided.push(running.id);
        }
        is_first
    }
}
