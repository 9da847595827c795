//! What the server says.

use std::borrow::Cow;

use chaos_core::SqlState;

use super::condition::Condition;
use super::setting::{Server, Setting};
use crate::sql::StatementInfo;

/// An error as the server words it.
#[derive(Debug)]
pub(super) struct Words {
    number: u16,
    state: Cow<'static, str>,
    message: Cow<'static, str>,
}

impl Words {
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

    pub(super) fn of(condition: Condition, setting: &Setting, about: &StatementInfo<'_>) -> Self {
        let table = about.table.unwrap_or("injected");
        let database = &setting.database;
        let is_mariadb = setting.server == Server::MariaDb;
        match condition {
            Condition::Deadlock => Self::new(
                1213,
                "40001",
                "Deadlock found when trying to get lock; try restarting transaction",
            ),
            Condition::Duplicate => {
                let key = setting.constraint.as_deref().unwrap_or("PRIMARY");
                let owner = if is_mariadb { "" } else { &format!("{table}.") };
                let message = format!("Duplicate entry '1' for key '{owner}{key}'");
                Self::new(1062, "23000", message)
            }
            Condition::NotReferred => {
                let message = format!(
                    "Cannot add or update a child row: a foreign key constraint fails ({})",
                    foreign_key(setting, table)
                );
                Self::new(1452, "23000", message)
            }
            Condition::StillReferred => {
                let message = format!(
                    "Cannot delete or update a parent row: a foreign key constraint fails ({})",
                    foreign_key(setting, table)
                );
                Self::new(1451, "23000", message)
            }
            Condition::Check => {
                let check = setting.constraint.as_deref().unwrap_or("CONSTRAINT_1");
                if is_mariadb {
                    let message = format!("CONSTRAINT `{check}` failed for `{database}`.`{table}`");
                    Self::new(4025, "23000", message)
                } else {
                    let message = format!("Check constraint '{check}' is violated.");
                    Self::new(3819, "HY000", message)
                }
            }
            Condition::Cancelled => Self::new(1317, "70100", "Query execution was interrupted"),
            Condition::TimedOut if is_mariadb => Self::new(
                1969,
                "70100",
                "Query execution was interrupted (max_statement_time exceeded)",
            ),
            Condition::TimedOut => Self::new(
                3024,
                "HY000",
                "Query execution was interrupted, maximum statement execution time exceeded",
            ),
            Condition::TooManyConnections => Self::new(1040, "08004", "Too many connections"),
            Condition::Overloaded => {
                let user = setting.user.split('@').next().unwrap_or_default();
                let message = format!(
                    "User '{user}' has exceeded the 'max_queries_per_hour' resource \
                     (current value: 1)"
                );
                Self::new(1226, "42000", message)
            }
            Condition::ReadOnly => {
                let server = if is_mariadb { "MariaDB" } else { "MySQL" };
                let message = format!(
                    "The {server} server is running with the --read-only option so it cannot \
                     execute this statement"
                );
                Self::new(1290, "HY000", message)
            }
            Condition::DiskFull => Self::new(1114, "HY000", format!("The table '{table}' is full")),
            Condition::Denied => {
                let user = setting.user.replace('@', "'@'");
                let table = if is_mariadb {
                    format!("`{database}`.`{table}`")
                } else {
                    format!("'{table}'")
                };
                let message = format!(
                    "{} command denied to user '{user}' for table {table}",
                    about.verb
                );
                Self::new(1142, "42000", message)
            }
            Condition::Undefined => {
                let message = format!("Table '{database}.{table}' doesn't exist");
                Self::new(1146, "42S02", message)
            }
            Condition::Internal => Self::new(1105, "HY000", "Unknown error"),
            Condition::State(state) => Self::of_state(state),
        }
    }

    /// What is met most often under other states that applications look at.
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
            // Signalled, a warning would let the statement succeed.
            warning if warning.starts_with("01") => {
                let message = format!("Unknown error: the state {warning} is a warning");
                return Self::new(1105, "HY000", message);
            }
            // What the server makes of any state without a number of its own.
            _ => (1644, "Unhandled user-defined exception condition"),
        };
        Self::new(number, state.to_string(), message)
    }

    /// The statement that signals it.
    pub(super) fn signal(&self, server: Server) -> String {
        // Where it is longer, the server says that instead.
        let longest = match server {
            Server::MariaDb => 512,
            Server::MySql => 128,
        };
        let message: String = self.message.chars().take(longest).collect();
        format!(
            "SIGNAL SQLSTATE '{}' SET MYSQL_ERRNO = {}, MESSAGE_TEXT = {}",
            self.state,
            self.number,
            literal(&message)
        )
    }
}

fn foreign_key(setting: &Setting, table: &str) -> String {
    setting.constraint.clone().unwrap_or_else(|| {
        format!(
            "`{}`.`{table}`, CONSTRAINT `{table}_ibfk_1`",
            setting.database
        )
    })
}

/// The text as a literal, whatever the modes of the server say about backslashes.
pub(super) fn literal(text: &str) -> String {
    let text = text.replace(['\\', '\0'], "").replace('\'', "''");
    format!("'{text}'")
}
