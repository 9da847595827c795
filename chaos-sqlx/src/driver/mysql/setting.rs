//! What the server's messages name.

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Error, Executor, Row};

use super::condition::Condition;
use super::words::literal;
use crate::sql::StatementInfo;

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    MariaDb,
    MySql,
}

/// What the server's messages name beside the statement's table.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) server: Server,
    pub(super) database: String,
    /// Such as `root@localhost`.
    pub(super) user: String,
    /// The constraint that is broken, as the message about it puts it.
    pub(super) constraint: Option<String>,
}

impl Setting {
    pub(super) async fn of(
        connection: &mut MySqlConnection,
        condition: Condition,
        about: &StatementInfo<'_>,
    ) -> Result<Self, Error> {
        let constraint = about
            .table
            .and_then(|table| constraint(condition, table))
            .unwrap_or_else(|| "SELECT NULL".to_owned());
        let sql = format!(
            "SELECT VERSION(), COALESCE(DATABASE(), ''), COALESCE(USER(), ''), ({constraint})"
        );
        let row = connection.fetch_one(AssertSqlSafe(sql)).await?;
        let version: String = row.try_get_unchecked(0)?;
        Ok(Self {
            server: if version.contains("MariaDB") {
                Server::MariaDb
            } else {
                Server::MySql
            },
            database: row.try_get_unchecked(1)?,
            user: row.try_get_unchecked(2)?,
            constraint: row.try_get_unchecked(3)?,
        })
    }
}

/// A query for a constraint of this table.
fn constraint(condition: Condition, table: &str) -> Option<String> {
    let table = literal(table);
    Some(match condition {
        // Primary keys come last: mostly they are made up and break no rule.
        Condition::Duplicate => format!(
            "SELECT index_name FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = {table} AND non_unique = 0 \
             ORDER BY index_name = 'PRIMARY', index_name LIMIT 1"
        ),
        // A check of a column of MariaDB's has the name of its column, and is called by that of its table, too.
        Condition::Check => format!(
            "SELECT CONCAT(COALESCE(CONCAT(c.table_name, '.'), ''), k.constraint_name) \
             FROM information_schema.table_constraints k \
             LEFT JOIN information_schema.columns c ON c.table_schema = k.table_schema \
             AND c.table_name = k.table_name AND c.column_name = k.constraint_name \
             WHERE k.table_schema = DATABASE() AND k.table_name = {table} \
             AND k.constraint_type = 'CHECK' ORDER BY k.constraint_name LIMIT 1"
        ),
        Condition::NotReferred => foreign_key("table_name", &table),
        Condition::StillReferred => foreign_key("referenced_table_name", &table),
        _ => return None,
    })
}

fn foreign_key(end: &str, table: &str) -> String {
    format!(
        "SELECT CONCAT('`', table_schema, '`.`', table_name, '`, CONSTRAINT `', constraint_name, \
         '` FOREIGN KEY (`', GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR '`, `'), \
         '`) REFERENCES `', referenced_table_name, '` (`', \
         GROUP_CONCAT(referenced_column_name ORDER BY ordinal_position SEPARATOR '`, `'), '`)') \
         FROM information_schema.key_column_usage \
         WHERE table_schema = DATABASE() AND {end} = {table} AND referenced_table_name IS NOT NULL \
         GROUP BY table_schema, table_name, constraint_name, referenced_table_name \
         ORDER BY constraint_name LIMIT 1"
    )
}
