//! Error numbers, SQLSTATEs and messages, as the server words them.

use std::borrow::Cow;

use chaos_core::SqlState;

use super::error_condition::ErrorCondition;
use super::server_info::{Product, ServerInfo};
use crate::sql::StatementInfo;

/// An error as the server reports it.
#[derive(Debug)]
pub(super) struct ErrorMessage {
    pub(super) number: u16,
    pub(super) state: Cow<'static, str>,
    pub(super) message: Cow<'static, str>,
}

impl ErrorMessage {
    fn new(
        number: u16,
        state: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            number,
            state: state.into(),
            message: message.into(),
        }
    }

    pub(super) fn of(
        condition: ErrorCondition,
        server: &ServerInfo,
        statement: &StatementInfo<'_>,
    ) -> Self {
        let table = statement.table.unwrap_or("injected");
        let database = &server.database;
        let is_mariadb = server.product == Product::MariaDb;
        match condition {
            ErrorCondition::Deadlock => Self::new(
                1213,
                "40001",
                "Deadlock found when trying to get lock; try restarting transaction",
            ),
            ErrorCondition::DuplicateKey => {
                let key = server.constraint.as_deref().unwrap_or("PRIMARY");
                let owner = if is_mariadb { "" } else { &format!("{table}.") };
                let message = format!("Duplicate entry '1' for key '{owner}{key}'");
                Self::new(1062, "23000", message)
            }
            ErrorCondition::ParentMissing => {
                let message = format!(
                    "Cannot add or update a child row: a foreign key constraint fails ({})",
                    foreign_key(server, table)
                );
                Self::new(1452, "23000", message)
            }
            ErrorCondition::StillReferenced => {
                let message = format!(
                    "Cannot delete or update a parent row: a foreign key constraint fails ({})",
                    foreign_key(server, table)
                );
                Self::new(1451, "23000", message)
            }
            ErrorCondition::CheckViolated => {
                let check = server.constraint.as_deref().unwrap_or("CONSTRAINT_1");
                if is_mariadb {
                    let message = format!("CONSTRAINT `{check}` failed for `{database}`.`{table}`");
                    Self::new(4025, "23000", message)
                } else {
                    let message = format!("Check constraint '{check}' is violated.");
                    Self::new(3819, "HY000", message)
                }
            }
            ErrorCondition::QueryKilled => {
                Self::new(1317, "70100", "Query execution was interrupted")
            }
            ErrorCondition::StatementTimeout if is_mariadb => Self::new(
                1969,
                "70100",
                "Query execution was interrupted (max_statement_time exceeded)",
            ),
            ErrorCondition::StatementTimeout => Self::new(
                3024,
                "HY000",
                "Query execution was interrupted, maximum statement execution time exceeded",
            ),
            ErrorCondition::TooManyConnections => Self::new(1040, "08004", "Too many connections"),
            ErrorCondition::QuotaExceeded => {
                let user = server.user.split('@').next().unwrap_or_default();
                let message = format!(
                    "User '{user}' has exceeded the 'max_queries_per_hour' resource \
                     (current value: 1)"
                );
                Self::new(1226, "42000", message)
            }
            ErrorCondition::ReadOnlyServer => {
                let product = if is_mariadb { "MariaDB" } else { "MySQL" };
                let message = format!(
                    "The {product} server is running with the --read-only option so it cannot \
                     execute this statement"
                );
                Self::new(1290, "HY000", message)
            }
            ErrorCondition::TableFull => {
                Self::new(1114, "HY000", format!("The table '{table}' is full"))
            }
            ErrorCondition::PermissionDenied => {
                let user = server.user.replace('@', "'@'");
                let table = if is_mariadb {
                    format!("`{database}`.`{table}`")
                } else {
                    format!("'{table}'")
                };
                let message = format!(
                    "{} command denied to user '{user}' for table {table}",
                    statement.verb
                );
                Self::new(1142, "42000", message)
            }
            ErrorCondition::NoSuchTable => {
                let message = format!("Table '{database}.{table}' doesn't exist");
                Self::new(1146, "42S02", message)
            }
            ErrorCondition::Internal => Self::new(1105, "HY000", "Unknown error"),
            ErrorCondition::State(state) => Self::of_state(state),
        }
    }

    /// Returns the most common error with a given SQLSTATE.
    fn of_state(state: SqlState) -> Self {
        let (number, message) = match state.as_str() {
            "08S01" => (1053, "Server shutdown in progress"),
            "22001" => (1406, "Data too long for column"),
            "22003" => (1264, "Out of range value for column"),
            "22007" => (1292, "Incorrect datetime value"),
            "22012" => (1365, "Division by 0"),
            "25006" => (1792, "Cannot execute statement in a READ ONLY transaction"),
            "28000" => (1045, "Access denied for user"),
            "3D000" => (1046, "No database selected"),
            "42S22" => (1054, "Unknown column in 'field list'"),
            "HY000" => (
                1205,
                "Lock wait timeout exceeded; try restarting transaction",
            ),
            "HY001" => (1037, "Out of memory; restart server and try again"),
            // A signalled warning would not fail the statement.
            warning if warning.starts_with("01") => {
                let message = format!("Unknown error: the state {warning} is a warning");
                return Self::new(1105, "HY000", message);
            }
            // The number that the server gives to any other SQLSTATE.
            _ => (1644, "Unhandled user-defined exception condition"),
        };
        Self::new(number, state.to_string(), message)
    }
}

fn foreign_key(server: &ServerInfo, table: &str) -> String {
    server.constraint.clone().unwrap_or_else(|| {
        format!(
            "`{}`.`{table}`, CONSTRAINT `{table}_ibfk_1`",
            server.database
        )
    })
}
