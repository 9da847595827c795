//! The injected failure of each cell of the table.

use crate::observation::Observed;
use crate::real_failures::Framing;
use crate::table::{Column, Row};

mod connections;
mod layer_of_client;
mod layer_of_server;
mod requests;
mod upstream;

/// The observation of a call with an injected fault.
pub(crate) struct Injected {
    pub(crate) observed: Observed,
    /// How many faults were injected.
    pub(crate) times: u64,
    /// How many requests the service worked on.
    pub(crate) worked: u32,
}

impl Injected {
    /// Returns `None` where the adapter has no such failure.
    pub(crate) async fn of(row: Row, column: Column) -> Option<Self> {
        match column {
            Column::ServerToReqwest | Column::ServerToHyper | Column::ServerHttp2 => {
                layer_of_server::injected(row, column).await
            }
            Column::HyperLayer => layer_of_client::around_hyper(row).await,
            Column::ReqwestLayer => layer_of_client::around_reqwest(row).await,
            Column::ReqwestClient => layer_of_client::requests_of_reqwest(row).await,
            Column::ReqwestConnections => connections::of_reqwest(row).await,
            Column::Connector => connections::of_hyper(row).await,
            Column::Relay => connections::of_relay(row).await,
        }
    }
}

impl Row {
    /// How the response of this row frames its body.
    fn framing(self) -> Framing {
        match self {
            Self::CutInChunks => Framing::Chunked,
            _ => Framing::ContentLength,
        }
    }

    /// True if one call has to succeed before the next one fails.
    fn succeeds_first(self) -> bool {
        matches!(self, Self::RateLimit | Self::CircuitOpen)
    }
}
