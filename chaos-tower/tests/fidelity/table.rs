//! Declares, cell by cell, which injected failures equal real ones.

use Cell::{Equal, Imitation, Impossible};
use Column::{
    Connector, HyperLayer, Relay, ReqwestClient, ReqwestConnections, ReqwestLayer, ServerHttp2,
    ServerToHyper, ServerToReqwest,
};

/// The fault.
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

/// Where the fault is injected, and which client observes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    ServerToReqwest,
    ServerToHyper,
    ServerHttp2,
    HyperLayer,
    ReqwestLayer,
    ReqwestClient,
    ReqwestConnections,
    Connector,
    Relay,
}

/// How an injected failure compares to the real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The caller cannot distinguish the two.
    Equal,
    /// The caller can distinguish the two by this.
    Imitation(&'static str),
    /// There is no such failure here, for this reason.
    Impossible(&'static str),
}

const NO_STATUS: Cell =
    Impossible("A fault on a connection can't produce an HTTP status; use a layer.");
const NOT_REFUSED: Cell = Imitation(
    "503: by the time a request reaches the layer, its connection has already been accepted.",
);
const BODY_OF_OURS: Cell =
    Imitation("The `io::Error` has the same kind, but no `hyper::Error` around it.");
const STREAM_RESET: Cell = Imitation(
    "Only the stream of the request is reset (`INTERNAL_ERROR`), because other requests share the connection. A real \
     server would end the connection without a reset.",
);
const BROKEN_SOCKET: Cell = Imitation(
    "A reset: the client opens its own sockets, so an injected `io::Error` can't reach it.",
);
const KEPT_OPEN: Cell = Impossible(
    "A request on an open connection cannot be refused; with `streams_to`, new connections can be.",
);
const ABOVE_CONNECTS: Cell = Impossible(
    "A request is not a connection attempt; use `streams_to` to select connection attempts.",
);
const HANDSHAKE: Cell =
    Impossible("The kernel completes the handshake before a fault can be injected.");

pub(crate) fn cell(row: Row, column: Column) -> Cell {
    match (row, column) {
        (
            Row::Unavailable
            | Row::Overloaded
            | Row::GatewayTimeout
            | Row::RateLimit
            | Row::CircuitOpen,
            ReqwestConnections | Connector | Relay,
        ) => NO_STATUS,
        (Row::Timeout, ReqwestConnections | Relay) => BROKEN_SOCKET,
        (Row::Refused, ReqwestClient) => KEPT_OPEN,
        (Row::Timeout, Connector) => Imitation(
            "An `io::Error` of kind `TimedOut`. A real hyper-util client would wait, because it has no timeouts.",
        ),
        (Row::Refused, ServerToReqwest | ServerToHyper | ServerHttp2) => NOT_REFUSED,
        (Row::Refused, Relay) => Imitation(
            "A reset right after the handshake, because the kernel has already accepted the connection.",
        ),
        (Row::Closed | Row::CutWithLength, ServerHttp2) => STREAM_RESET,
        (Row::CutInChunks, ServerHttp2) => Impossible("HTTP/2 has no chunked transfer coding."),
        (Row::CutWithLength | Row::CutInChunks | Row::ResetMidway, HyperLayer | ReqwestLayer) => {
            BODY_OF_OURS
        }
        (Row::ConnectTimeout, HyperLayer | ReqwestLayer | ReqwestClient) => ABOVE_CONNECTS,
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
    pub(crate) const ALL: [Self; 9] = [
        ServerToReqwest,
        ServerToHyper,
        ServerHttp2,
        HyperLayer,
        ReqwestLayer,
        ReqwestClient,
        ReqwestConnections,
        Connector,
        Relay,
    ];
}

/// The number of cells of each kind.
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
