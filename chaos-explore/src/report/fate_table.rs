//! The table of the fates, and why some are unknown.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use chaos_core::SiteKind;

use crate::placement::operation_id::OperationId;
use crate::report::Report;
use crate::report::fate::Fate;
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
const OF_CLIENTS: &str = "Calls by `chaos_tower::reqwest::client` never belong to one; calls through `ChaosLayer::client` \
                          belong to that of their caller. ";

/// Why a fault did not strike its operation.
const UNDUE: &str = "the operation ended before the fault was due, as a response without a body ends before its body breaks";

/// The number of operations that are named.
const MAX_NAMED: usize = 5;

/// A row of the table.
struct Row<'a> {
    first: &'a OperationId,
    last: &'a OperationId,
    cells: [String; COLUMNS.len()],
}

impl Report {
    /// Writes the fate of each fault.
    pub(super) fn write_fates(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fates.is_empty() {
            return Ok(());
        }
        writeln!(out, "## Fate of each fault\n")?;
        if !self.scopeless_fates.is_empty() {
            let of_clients = match self.has_scopeless_call() {
                true => OF_CLIENTS,
                false => "",
            };
            writeln!(
                out,
                "The fate of {} is unknown because the operation belongs to no request: {}. {of_clients}{HOW_TO_BELONG}\n",
                counted(self.scopeless_fates.len(), "fault"),
                self.scopeless_operations()
            )?;
        }
        if self.undue_fates > 0 {
            let faults = counted(self.undue_fates, "fault");
            writeln!(out, "The fate of {faults} is unknown because {UNDUE}.\n")?;
        }
        writeln!(out, "{LEGEND}\n")?;
        let header = COLUMNS.map(|fate| fate.to_string()).join(" | ");
        writeln!(out, "| operation | {header} |\n|---|---|---|---|---|")?;
        for row in self.rows() {
            let (first, last) = (row.first, row.last);
            let more = match first.nth == last.nth {
                true => String::new(),
                false => format!(" to `#{}`", last.nth),
            };
            writeln!(out, "| `{first}`{more} | {} |", row.cells.join(" | "))?;
        }
        out.write_char('\n')
    }

    /// Returns the rows of the table: one for each operation, or for several in sequence whose faults had the same fates.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for of_operation in self.fates.chunk_by(|a, b| a.operation == b.operation) {
            let cells = COLUMNS.map(|column| {
                let in_column = of_operation.iter().filter(|one| one.fate == column);
                let cases: Vec<_> = in_column.map(|one| one.fault_case.to_string()).collect();
                cases.join(", ")
            });
            let operation = &of_operation[0].operation;
            match rows.last_mut() {
                Some(row) if row.cells == cells && row.last.precedes(operation) => {
                    row.last = operation;
                }
                _ => rows.push(Row {
                    first: operation,
                    last: operation,
                    cells,
                }),
            }
        }
        rows
    }

    /// Returns the operations that belong to no request, each once.
    fn scopeless_operations(&self) -> String {
        let operations = self.scopeless_fates.iter();
        let names: BTreeSet<_> = operations.map(OperationId::kind_and_name).collect();
        let more = names.len().saturating_sub(MAX_NAMED);
        let named: Vec<_> = names.into_iter().take(MAX_NAMED).collect();
        let named = format!("`{}`", named.join("`, `"));
        match more {
            0 => named,
            _ => format!("{named} and {more} more"),
        }
    }

    fn has_scopeless_call(&self) -> bool {
        let mut operations = self.scopeless_fates.iter();
        operations.any(|one| one.kind == Some(SiteKind::Client))
    }
}
