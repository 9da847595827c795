//! What requests are answered from.

use chaos_core::ChaosManager;

use crate::access::Access;
use crate::approval_requests::ApprovalRequests;
use crate::feed::Feed;
use crate::outcome_watch::SharedOutcomeWatch;
use crate::readings::ReadingBoard;
use crate::route::Route;
use crate::states::States;
use crate::worker::Worker;

/// What requests are answered from.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) chaos: ChaosManager,
    pub(crate) access: Access,
    /// Makes changes.
    pub(crate) worker: Worker,
    /// Reads documents, of which a large one takes a while.
    pub(crate) reader: Worker,
    pub(crate) feed: Feed,
    pub(crate) states: States,
    pub(crate) outcomes: SharedOutcomeWatch,
    pub(crate) requests: ApprovalRequests,
    pub(crate) readings: ReadingBoard,
    pub(crate) routes: &'static [Route],
}
