//! The pieces of work that faults ask of adapters.

use std::num::NonZeroU32;
use std::time::Duration;

/// One piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkItem {
    /// Make the server sleep in the caller's session, before the operation.
    ServerSleep(Duration),
    /// Take this many connections of the pool, until the experiment ends.
    HoldConnections(NonZeroU32),
    /// Lock the database for the duration of the operation.
    HoldLock,
}
