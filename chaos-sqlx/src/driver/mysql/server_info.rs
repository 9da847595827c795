//! The facts about the server that an error message names: product, database, user and constraint.

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Error, Executor, Row};

use super::error_condition::ErrorCondition;
use super::string_literal::string_literal;
use crate::sql::StatementInfo;

/// The product, whose error messages differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    MariaDb,
    MySql,
}

/// The facts about the server that an error message names.
#[derive(Debug)]
pub(super) struct ServerInfo {
    pub(super) product: Product,
    pub(super) database: String,
    /// Such as `root@localhost`.
    pub(super) user: String,
    /// The violated constraint, in the form that the error message uses.
    pub(super) constraint: Option<String>,
}

impl ServerInfo {
    pub(super) async fn query(
        connection: &mut MySqlConnection,
        condition: ErrorCondition,
        statement: &StatementInfo<'_>,
    ) -> Result<Self, Error> {
        let constraint = statement
            .table
            .and_then(|table| constraint_query(condition, table))
            .unwrap_or_else(|| "SELECT NULL".to_owned());
        let sql = format!(
            "SELECT VERSION(), COALESCE(DATABASE(), ''), COALESCE(USER(), ''), ({constraint})"
        );
        let row = connection.fetch_one(AssertSqlSafe(sql)).await?;
        let version: String = row.try_get_unchecked(0)?;
        Ok(Self {
            product: if version.contains("MariaDB") {
                Product::MariaDb
            } else {
                Product::MySql
            },
            database: row.try_get_unchecked(1)?,
            user: row.try_get_unchecked(2)?,
            constraint: row.try_get_unchecked(3)?,
        })
    }
}

/// Returns a query for a constraint of this table that the error can violate.
fn constraint_query(condition: ErrorCondition, table: &str) -> Option<String> {
    let table = string_literal(table);
    Some(match condition {
        // Primary keys come last: most are generated, so inserts seldom violate them.
        ErrorCondition::DuplicateKey => format!(
            "SELECT index_name FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = {table} AND non_unique = 0 \
             ORDER BY index_name = 'PRIMARY', index_name LIMIT 1"
        ),
        // MariaDB names the check of a column after it, and prefixes the name with that of the table.
        ErrorCondition::CheckViolated => format!(
            "SELECT CONCAT(COALESCE(CONCAT(c.table_name, '.'), ''), k.constraint_name) \
             FROM information_schema.table_constraints k \
             LEFT JOIN information_schema.columns c ON c.table_schema = k.table_schema \
             AND c.table_name = k.table_name AND c.column_name = k.constraint_name \
             WHERE k.table_schema = DATABASE() AND k.table_name = {table} \
             AND k.constraint_type = 'CHECK' ORDER BY k.constraint_name LIMIT 1"
        ),
        ErrorCondition::ParentMissing => foreign_key_query("table_name", &table),
        ErrorCondition::StillReferenced => foreign_key_query("referenced_table_name", &table),
        ErrorCondition::Deadlock
        | ErrorCondition::QueryKilled
        | ErrorCondition::StatementTimeout
        | ErrorCondition::TooManyConnections
        | ErrorCondition::QuotaExceeded
        | ErrorCondition::ReadOnlyServer
        | ErrorCondition::TableFull
        | ErrorCondition::PermissionDenied
        | ErrorCondition::NoSuchTable
        | ErrorCondition::Internal
        | ErrorCondition::State(_) => return None,
    })
}

fn foreign_key_query(table_column: &str, table: &str) -> String {
    format!(
        "SELECT CONCAT('`', table_schema, '`.`', table_name, '`, CONSTRAINT `', constraint_name, \
         '` FOREIGN KEY (`', GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR '`, `'), \
         '`) REFERENCES `', referenced_table_name, '` (`', \
         GROUP_CONCAT(referenced_column_name ORDER BY ordinal_position SEPARATOR '`, `'), '`)') \
         FROM information_schema.key_column_usage \
         WHERE table_schema = DATABASE() AND {table_column} = {table} AND referenced_table_name IS NOT NULL \
         GROUP BY table_schema, table_name, constraint_name, referenced_table_name \
         ORDER BY constraint_name LIMIT 1"
    )
}
