//! Which faults and failures each kind of database operation supports.

use chaos_core::adapter::Support;
use chaos_core::{Failure, FaultKind, Phase};

/// The faults that an operation supports, and the failures that it can report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SupportedFaults {
    pub(crate) faults: Support,
    pub(crate) can_fail_with: fn(Failure) -> bool,
}

impl SupportedFaults {
    pub(crate) const fn with_any_failure(faults: Support) -> Self {
        Self {
            faults,
            can_fail_with: |_| true,
        }
    }
}

/// Operations that return no rows.
pub(crate) const WITHOUT_ROWS: SupportedFaults = SupportedFaults::with_any_failure(
    SET_STATEMENT
        .faults
        .with(FaultKind::ServerSleep, Phase::Before)
        .with(FaultKind::HoldLock, Phase::Before),
);

/// `SET`, before which no other statement may run: some settings have to be the first statement of a transaction.
pub(crate) const SET_STATEMENT: SupportedFaults = SupportedFaults::with_any_failure(
    ANY_OPERATION.with(FaultKind::HoldConnections, Phase::Before),
);

/// `acquire`, which has no connection to run a statement on, and can't report the failure of one.
pub(crate) const ACQUIRE: SupportedFaults = SupportedFaults {
    faults: SET_STATEMENT.faults,
    can_fail_with: prevents_connections,
};

/// What every database supports; each driver adds what its own database supports beyond that.
pub(crate) const ANY_DATABASE: Support = ANY_OPERATION
    .with(FaultKind::Latency, Phase::During)
    .with(FaultKind::Error, Phase::During)
    .with(FaultKind::Timeout, Phase::During)
    .with(FaultKind::Disconnect, Phase::During)
    .with(FaultKind::HoldConnections, Phase::Before);

const ANY_OPERATION: Support = Support::CALLS
    .with(FaultKind::Disconnect, Phase::Before)
    .with(FaultKind::Disconnect, Phase::After);

/// Whether a database with this failure accepts no connections.
fn prevents_connections(failure: Failure) -> bool {
    match failure {
        Failure::Unavailable
        | Failure::Overloaded
        | Failure::Refused
        | Failure::Reset
        | Failure::Closed
        | Failure::TimedOut
        | Failure::CircuitOpen
        | Failure::TooManyConnections => true,
        Failure::SqlState(state) => CONNECTION_CLASSES
            .iter()
            .any(|class| state.as_str().starts_with(class)),
        // The failures of statements and of other protocols. An unknown one leaves `acquire` alone.
        _ => false,
    }
}

/// Classes of SQLSTATEs that a server reports while it accepts a connection.
const CONNECTION_CLASSES: [&str; 5] = ["08", "28", "3D", "53", "57P"];
