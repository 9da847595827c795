//! `SIGNAL`: makes the server report an error.

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Error, Executor};

use super::error_condition::ErrorCondition;
use super::error_message::ErrorMessage;
use super::server_info::{Product, ServerInfo};
use super::string_literal::string_literal;
use crate::sql::StatementInfo;

/// Makes the server signal an error on this connection, and returns it.
pub(super) async fn signal_error(
    connection: &mut MySqlConnection,
    condition: ErrorCondition,
    statement: &StatementInfo<'_>,
) -> Error {
    let server = match ServerInfo::query(connection, condition, statement).await {
        Ok(server) => server,
        Err(error) => return error,
    };
    let signal = signal(
        &ErrorMessage::of(condition, &server, statement),
        server.product,
    );
    let sql = if condition == ErrorCondition::Deadlock {
        // Of all errors, only a deadlock rolls back the whole transaction, savepoints included.
        format!("ROLLBACK; {signal}")
    } else {
        signal
    };
    match connection.execute(AssertSqlSafe(sql)).await {
        Err(error) => error,
        Ok(_) => Error::Protocol(format!("the server did not signal {condition:?}")),
    }
}

/// Returns the statement that signals an error.
fn signal(error: &ErrorMessage, product: Product) -> String {
    // The server replaces longer messages with another error.
    let max_len = match product {
        Product::MariaDb => 512,
        Product::MySql => 128,
    };
    let message: String = error.message.chars().take(max_len).collect();
    format!(
        "SIGNAL SQLSTATE '{}' SET MYSQL_ERRNO = {}, MESSAGE_TEXT = {}",
        error.state,
        error.number,
        string_literal(&message)
    )
}
