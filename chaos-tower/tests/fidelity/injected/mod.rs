//! The injected failure of each cell of the table.

use crate::observed::Observed;
use crate::real::Framing;
use crate::table::{Column, Row};

mod connections;
mod layer_of_client;
mod layer_of_server;
mod requests;
mod upstream;

/// What came of a call that something was injected into.
pub(crate) struct Injected {
    pub(crate) observed: Observed,
    /// How often something was.
    pub(crate) times: u64,
    /// How many requests came to whoever does the work.
    pub(crate) worked: u32,
}

impl Injected {
    /// None where the adapter has no such failure.
    pub(crate) async fn of(row: Row, column: Column) -> Option<Self> {
        match column {
            Column::ServerToReqwest | Column::ServerToHyper | Column::ServerHttp2 => {
                layer_of_server::injected(row, column).await
            }
            Column::HyperLayer => layer_of_client::around_hyper(row).await,
            Column::ReqwestLayer => layer_of_client::around_reqwest(row).await,
            Column::ReqwestClient => connections::of_reqwest(row).await,
            Column::Connector => connections::of_hyper(row).await,
            Column::Relay => connections::of_relay(row).await,
        }
    }
}

impl Row {
    /// How its body tells its length.
    fn framing(self) -> Framing {
        match self {
            Self::CutInChunks => Framing::Chunked,
            _ => Framing::ContentLength,
        }
    }

    /// Whether a call has to go through before one fails.
    fn lets_one_through(self) -> bool {
        matches!(self, Self::RateLimit | Self::CircuitOpen)
    }
}
