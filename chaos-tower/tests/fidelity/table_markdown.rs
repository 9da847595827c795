//! The table in the format of the docs.

use std::fmt::Write as _;

use crate::table::Cell::{Equal, Imitation, Impossible};
use crate::table::{Column, Row, cell};

pub(crate) fn markdown() -> String {
    let mut notes = Vec::new();
    let mut table = "| fault | the caller sees |".to_owned();
    for column in Column::ALL {
        let _ = write!(table, " {} |", column.text());
    }
    table += "\n|---|---|";
    table += &"---|".repeat(Column::ALL.len());
    for row in Row::ALL {
        let [fault, seen] = row.text();
        let _ = write!(table, "\n| {fault} | {seen} |");
        for column in Column::ALL {
            let _ = match cell(row, column) {
                Equal => write!(table, " = |"),
                Imitation(differs) => write!(table, " ≈ ({}) |", number(&mut notes, differs)),
                Impossible(why) => write!(table, " – ({}) |", number(&mut notes, why)),
            };
        }
    }
    table.push('\n');
    for (at, note) in notes.iter().enumerate() {
        let _ = write!(table, "\n{}. {note}", at + 1);
    }
    table.push('\n');
    table
}

/// Returns the number of a note, and assigns one on first use.
fn number(notes: &mut Vec<&'static str>, note: &'static str) -> usize {
    let known = notes.iter().position(|known| *known == note);
    known.unwrap_or_else(|| {
        notes.push(note);
        notes.len() - 1
    }) + 1
}

impl Row {
    /// The fault, and what the caller sees of a real one.
    fn text(self) -> [&'static str; 2] {
        match self {
            Self::Latency => ["latency", "its own timeout fires"],
            Self::Unavailable => ["error `Unavailable`", "503"],
            Self::Overloaded => ["error `Overloaded`", "429, `retry-after`"],
            Self::GatewayTimeout => ["error `Status(504)`", "504"],
            Self::RateLimit => ["rate limit", "429, `retry-after`"],
            Self::CircuitOpen => ["open circuit", "503, `retry-after`"],
            Self::Timeout => [
                "timeout",
                "504 from a server; in reqwest's clients `is_timeout()`",
            ],
            Self::Refused => ["error `Refused`", "`is_connect()`, `ConnectionRefused`"],
            Self::Reset => ["reset", "`ConnectionReset`; HTTP/2: `RST_STREAM`"],
            Self::Closed => ["error `Closed`", "`is_incomplete_message()`"],
            Self::ResetAfterWork => [
                "reset, phase `After`",
                "like a reset, but the work was done",
            ],
            Self::CutWithLength => ["body with `Content-Length`, cut off", "`UnexpectedEof`"],
            Self::CutInChunks => ["chunked body, cut off", "`UnexpectedEof`"],
            Self::ResetMidway => ["body reset", "`ConnectionReset`; HTTP/2: `RST_STREAM`"],
            Self::StallMidway => ["body stalled", "its own read timeout fires"],
            Self::ConnectTimeout => ["`connect` times out", "`is_connect()`, `TimedOut`"],
            Self::Bandwidth => ["bandwidth", "all bytes, but slowly"],
            Self::Corrupt => ["corrupt", "the right number of bytes, but some are wrong"],
        }
    }
}

impl Column {
    fn text(self) -> &'static str {
        match self {
            Self::ServerToReqwest => "`server`, seen by reqwest",
            Self::ServerToHyper => "`server`, seen by hyper-util",
            Self::ServerHttp2 => "`server`, HTTP/2",
            Self::HyperLayer => "`client`, hyper-util",
            Self::ReqwestLayer => "`client`, reqwest",
            Self::ReqwestClient => "`reqwest::client`, `calls_to`",
            Self::ReqwestConnections => "`reqwest::client`, `streams_to`",
            Self::Connector => "`ChaosConnector`",
            Self::Relay => "`ChaosRelay`",
        }
    }
}
