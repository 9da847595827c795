//! Which injected failures can't be told from the real ones, cell by cell: the one place that says so.

use Cell::{Equal, Imitation, Impossible};
use Column::{
    Connector, HyperLayer, Relay, ReqwestClient, ReqwestLayer, ServerHttp2, ServerToHyper,
    ServerToReqwest,
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Latency,
    Unavailable,
    Overloaded,
    GatewayTimeout,
    RateLimit,
    CircuitOpen,
    Timeout,
    Refused,
    Reset,
    Closed,
    ResetAfterWork,
    CutWithLength,
    CutInChunks,
    ResetMidway,
    StallMidway,
    ConnectTimeout,
    Bandwidth,
    Corrupt,
}

/// Where it is injected, and who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    ServerToReqwest,
    ServerToHyper,
    ServerHttp2,
    HyperLayer,
    ReqwestLayer,
    ReqwestClient,
    Connector,
    Relay,
}

/// How near an injected failure comes to the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The caller can't tell them apart.
    Equal,
    /// The caller can, by this.
    Imitation(&'static str),
    /// There is no such failure at this place, because of this.
    Impossible(&'static str),
}

const NO_STATUS: Cell = Impossible("Connections know no statuses; a layer does.");
const NOT_REFUSED: Cell =
    Imitation("503: a request that gets to the layer came on a connection that was not refused.");
const BODY_OF_OURS: Cell =
    Imitation("The `io::Error` is of the same kind, but there is no `hyper::Error` around it.");
const STREAM_RESET: Cell = Imitation(
    "Only the stream of the request is reset (`INTERNAL_ERROR`), where the end of the connection is no reset: other \
     requests share it.",
);
const BROKEN_SOCKET: Cell =
    Imitation("A reset: a client that opens its own sockets can't be given an error for them.");
const ABOVE_CONNECTS: Cell =
    Impossible("A layer stands above connects; `streams_to` hits those of the client in it.");
const HANDSHAKE: Cell =
    Impossible("The system has finished the handshake before anybody is asked.");

pub(crate) fn cell(row: Row, column: Column) -> Cell {
    match (row, column) {
        (Row::Latency, ReqwestLayer) => Imitation(
            "Time limits that were set in reqwest begin after the latency; those around the layer are as in reality.",
        ),
        (
            Row::Unavailable
            | Row::Overloaded
            | Row::GatewayTimeout
            | Row::RateLimit
            | Row::CircuitOpen,
            ReqwestClient | Connector | Relay,
        ) => NO_STATUS,
        (Row::Timeout, ReqwestClient | Relay) => BROKEN_SOCKET,
        (Row::Timeout, Connector) => Imitation(
            "An `io::Error` of kind `TimedOut`, where hyper-util's client, which has no time limits, would wait.",
        ),
        (Row::Refused, ServerToReqwest | ServerToHyper | ServerHttp2) => NOT_REFUSED,
        (Row::Refused, Relay) => {
            Imitation("A reset right after the handshake, which the system has finished by then.")
        }
        (Row::Closed | Row::CutWithLength, ServerHttp2) => STREAM_RESET,
        (Row::CutInChunks, ServerHttp2) => Impossible("HTTP/2 has no chunks."),
        (Row::CutWithLength | Row::CutInChunks | Row::ResetMidway, HyperLayer | ReqwestLayer) => {
            BODY_OF_OURS
        }
        (Row::ConnectTimeout, HyperLayer | ReqwestLayer) => ABOVE_CONNECTS,
        (Row::ConnectTimeout, ServerToReqwest | ServerToHyper | ServerHttp2 | Relay) => HANDSHAKE,
        _ => Equal,
    }
}

impl Row {
    pub(crate) const ALL: [Self; 18] = [
        Self::Latency,
        Self::Unavailable,
        Self::Overloaded,
        Self::GatewayTimeout,
        Self::RateLimit,
        Self::CircuitOpen,
        Self::Timeout,
        Self::Refused,
        Self::Reset,
        Self::Closed,
        Self::ResetAfterWork,
        Self::CutWithLength,
        Self::CutInChunks,
        Self::ResetMidway,
        Self::StallMidway,
        Self::ConnectTimeout,
        Self::Bandwidth,
        Self::Corrupt,
    ];
}

impl Column {
    pub(crate) const ALL: [Self; 8] = [
        ServerToReqwest,
        ServerToHyper,
        ServerHttp2,
        HyperLayer,
        ReqwestLayer,
        ReqwestClient,
        Connector,
        Relay,
    ];
}

/// How many cells are of each kind.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) equal: u32,
    pub(crate) imitation: u32,
    pub(crate) impossible: u32,
}

impl Count {
    pub(crate) fn of_all() -> Self {
        let mut count = Self::default();
        for row in Row::ALL {
            for column in Column::ALL {
                *match cell(row, column) {
                    Equal => &mut count.equal,
                    Imitation(_) => &mut count.imitation,
                    Impossible(_) => &mut count.impossible,
                } += 1;
            }
        }
        count
    }

    pub(crate) fn share_of_equal(self) -> f64 {
        f64::from(self.equal) / f64::from(self.equal + self.imitation)
    }
}
