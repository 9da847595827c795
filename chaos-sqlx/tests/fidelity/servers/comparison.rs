//! One comparison: a real failure, and the fault that imitates it.

use chaos_sqlx::{Disconnect, Failure, Fault, Phase};

use super::transaction_context::TransactionContext;
use crate::fidelity_table::{Fidelity, TableColumn, TableRow, declared_fidelity};

/// A real failure, and the fault that imitates it.
pub(crate) struct Comparison<R> {
    pub(crate) name: &'static str,
    pub(crate) real: R,
    pub(crate) fault: Fault,
    pub(crate) phase: Phase,
    /// The statement that the fault fails.
    pub(crate) statement: &'static str,
    pub(crate) contexts: &'static [TransactionContext],
    /// The fields that differ.
    pub(crate) differing: &'static [&'static str],
    /// The row of the docs' table.
    table_row: Option<TableRow>,
}

impl<R> Comparison<R> {
    pub(crate) fn new(
        name: &'static str,
        real: R,
        failure: Failure,
        statement: &'static str,
    ) -> Self {
        Self {
            name,
            real,
            fault: Fault::error(failure),
            phase: Phase::Before,
            statement,
            contexts: TransactionContext::ALL,
            differing: &[],
            table_row: None,
        }
    }

    /// Compares with a fault that resets the connection after the first row.
    pub(crate) fn reset_after_a_row(name: &'static str, real: R, statement: &'static str) -> Self {
        Self {
            fault: Fault::disconnect(Disconnect::ResetAfter(1)),
            phase: Phase::During,
            ..Self::new(name, real, Failure::Reset, statement)
        }
    }

    /// Limits the comparison to these contexts.
    pub(crate) fn only_in(mut self, contexts: &'static [TransactionContext]) -> Self {
        self.contexts = contexts;
        self
    }

    /// Declares the fields that differ.
    pub(crate) fn except(mut self, differing: &'static [&'static str]) -> Self {
        self.differing = differing;
        self
    }

    pub(crate) fn in_table(mut self, row: TableRow) -> Self {
        self.table_row = Some(row);
        self
    }
}

/// Checks that the declared fidelity of each row agrees with the comparisons for it.
pub(crate) fn check_docs<R>(
    comparisons: &[Comparison<R>],
    column: TableColumn,
) -> Result<(), String> {
    for row in TableRow::ALL {
        let mut compared = comparisons
            .iter()
            .filter(|comparison| comparison.table_row == Some(row))
            .peekable();
        if compared.peek().is_none() {
            continue;
        }
        let is_equal = compared.all(|comparison| comparison.differing.is_empty());
        let declared = declared_fidelity(row, column);
        let is_declared_equal = declared == Fidelity::Equal;
        if is_equal != is_declared_equal || matches!(declared, Fidelity::Unsupported(_)) {
            return Err(format!("the docs declare {row:?} as {declared:?}"));
        }
    }
    Ok(())
}

pub(crate) fn sql_state(code: &str) -> Failure {
    Failure::sql_state(code).unwrap()
}
