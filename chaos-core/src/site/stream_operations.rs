//! The operations of a connection, and the faults that each can suffer.

use super::Support;
use crate::{FaultKind, OperationGlob, Phase};

/// The operations of a connection.
pub(super) const STREAM_OPERATIONS: [&str; 4] = ["connect", "accept", "read", "write"];

/// The faults that a connection can suffer at the operations that a glob matches, in their phases.
///
/// A glob that matches none is left to `explain`, because it may have been meant for another site.
pub(super) fn support_at(glob: &OperationGlob) -> Support {
    const SETUP: Support = Support::CALLS.with(FaultKind::Disconnect, Phase::Before);
    const BYTES: Support = Support::FLOWS.and(Support::FLOWS_BEFORE);
    match (has_setup(glob), has_bytes(glob)) {
        (true, true) | (false, false) => Support::STREAMS,
        (true, false) => SETUP,
        (false, true) => BYTES,
    }
}

fn has_setup(glob: &OperationGlob) -> bool {
    glob.matches("connect") || glob.matches("accept")
}

/// Whether a glob matches an operation that transfers bytes.
pub(super) fn has_bytes(glob: &OperationGlob) -> bool {
    glob.matches("read") || glob.matches("write")
}
