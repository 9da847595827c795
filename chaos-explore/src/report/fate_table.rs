//! The table of the fates, and why some are unknown.

use std::fmt::{self, Write as _};

use chaos_core::SiteKind;

use crate::report::Report;
use crate::report::fate::{Fate, FaultFate};
use crate::report::markdown::counted;

/// The columns of the table.
const COLUMNS: [Fate; 4] = [Fate::Absorbed, Fate::Surfaced, Fate::Unknown, Fate::Found];

/// What the columns mean.
const LEGEND: &str = "Absorbed: the act returned the same as without the fault. Surfaced: it returned something else. \
                      Unknown: the act may have nothing to do with it, and the verification passed.";

/// How operations come to belong to a request.
const HOW_TO_BELONG: &str = "A service with `ChaosLayer::server` passes its request on to its operations; that layer's own \
                             faults are then tried as well, unless `Faults::without(SiteKind::Server)` leaves them out. \
                             A spawned task gets the request by `Scope::carry`.";

/// Which calls of clients can't belong to one.
const OF_CLIENTS: &str = "The fates of calls by `chaos_tower::reqwest::client` can't be known; those of calls through \
                          `ChaosLayer::client` can. ";

impl Report {
    /// Writes the fate of each fault.
    pub(super) fn write_fates(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fates.is_empty() {
            return Ok(());
        }
        writeln!(out, "## Fate of each fault\n")?;
        if self.scopeless_fates > 0 {
            let of_clients = match self.has_unknown_call() {
                true => OF_CLIENTS,
                false => "",
            };
            writeln!(
                out,
                "The fate of {} is unknown because the operation belongs to no request. {of_clients}{HOW_TO_BELONG}\n",
                counted(self.scopeless_fates, "fault")
            )?;
        }
        writeln!(out, "{LEGEND}\n")?;
        let header = COLUMNS.map(|fate| fate.to_string()).join(" | ");
        writeln!(out, "| operation | {header} |\n|---|---|---|---|---|")?;
        for of_operation in self.fates.chunk_by(|a, b| a.operation == b.operation) {
            let cells = COLUMNS.map(|column| {
                let in_column = of_operation.iter().filter(|one| one.fate == column);
                let cases: Vec<_> = in_column.map(|one| one.fault_case.to_string()).collect();
                cases.join(", ")
            });
            let operation = &of_operation[0].operation;
            writeln!(out, "| `{operation}` | {} |", cells.join(" | "))?;
        }
        out.write_char('\n')
    }

    /// Returns whether the fate of a fault at a client's call is unknown.
    fn has_unknown_call(&self) -> bool {
        let is_call = |one: &FaultFate| one.operation.kind == Some(SiteKind::Client);
        let mut unknown = self.fates.iter().filter(|one| one.fate == Fate::Unknown);
        unknown.any(is_call)
    }
}
