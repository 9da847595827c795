//! Decides what happens to a statement.

use chaos_core::adapter::Armed;

use super::OwnedQuery;
use crate::driver::{ChaosDatabase, SET_STATEMENT, SupportedFaults};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::wrapped::WrappedConnection;

/// Decides what happens to a statement; returns `None` if nothing does.
pub(super) fn begin_statement<DB: ChaosDatabase>(
    connection: &WrappedConnection<DB>,
    query: &OwnedQuery<DB>,
) -> Option<Armed<ActiveOperation>> {
    let name = OperationName::of_statement(query.text(), DB::DIALECT);
    let supported = match name.statement().verb {
        "SET" => SET_STATEMENT,
        _ => SupportedFaults::with_any_failure(DB::SUPPORT),
    };
    ActiveOperation::begin_on(connection, supported, || name)
}
