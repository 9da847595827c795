//! Violations of the constraints that the statement's table really has.

use super::do_block::{do_block, string_literal};
use crate::sql::StatementInfo;

/// The kind of a violated constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstraintKind {
    /// A unique index.
    Unique,
    /// A foreign key, by a row without a parent.
    ForeignKey,
    /// A foreign key, by deleting a parent.
    ReferencedBy,
    /// A `CHECK` constraint.
    Check,
}

impl ConstraintKind {
    /// Returns the side of a foreign key that the statement can violate.
    pub(super) fn foreign_key(statement: &StatementInfo<'_>) -> Self {
        match statement.verb {
            "DELETE" => Self::ReferencedBy,
            _ => Self::ForeignKey,
        }
    }

    /// Returns a statement that finds a constraint of the table, and raises its violation.
    pub(super) fn sql(self, statement: &StatementInfo<'_>) -> String {
        let name = statement.table.unwrap_or("injected");
        let wanted = string_literal(name);
        // If the table has no such constraint, the name that the server would have given it.
        let default_name = string_literal(&format!("{name}_{}", self.default_suffix()));
        let (state, message, lookup) = (self.state(), self.message(), self.lookup());
        do_block(&format!(
            "DECLARE wanted name := {wanted}; \
             in_schema name; of_table name; broken name; parent name; \
             BEGIN {lookup}; \
             IF NOT FOUND THEN \
             in_schema := 'public'; of_table := wanted; broken := {default_name}; parent := wanted; \
             END IF; \
             RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = pg_catalog.format({message}), \
             SCHEMA = in_schema, TABLE = of_table, CONSTRAINT = broken; END"
        ))
    }

    fn state(self) -> &'static str {
        match self {
            Self::Unique => "23505",
            Self::ForeignKey | Self::ReferencedBy => "23503",
            Self::Check => "23514",
        }
    }

    fn default_suffix(self) -> &'static str {
        match self {
            Self::Unique => "pkey",
            Self::ForeignKey | Self::ReferencedBy => "fkey",
            Self::Check => "check",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Unique => "'duplicate key value violates unique constraint \"%s\"', broken",
            Self::ForeignKey => {
                "'insert or update on table \"%s\" violates foreign key constraint \"%s\"', \
                 of_table, broken"
            }
            Self::ReferencedBy => {
                "'update or delete on table \"%s\" violates foreign key constraint \"%s\" \
                 on table \"%s\"', parent, broken, of_table"
            }
            Self::Check => {
                "'new row for relation \"%s\" violates check constraint \"%s\"', of_table, broken"
            }
        }
    }

    /// Returns the query that finds a constraint of this kind.
    fn lookup(self) -> String {
        let (constraints, mine, parent, order) = match self {
            // Any unique index counts. Primary keys come last: most are generated, so inserts seldom violate them.
            Self::Unique => (
                "(SELECT x.relname AS name, i.indrelid AS child, NULL::oid AS parent, \
                 i.indisprimary AS last FROM pg_catalog.pg_index i \
                 JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indisunique)",
                "child",
                "child",
                "last",
            ),
            Self::ForeignKey => (FOREIGN_KEYS, "child", "parent", "name"),
            Self::ReferencedBy => (FOREIGN_KEYS, "parent", "parent", "name"),
            Self::Check => (CHECKS, "child", "child", "name"),
        };
        format!(
            "SELECT n.nspname, c.relname, k.name, p.relname \
             INTO in_schema, of_table, broken, parent \
             FROM {constraints} k \
             JOIN pg_catalog.pg_class m ON m.oid = k.{mine} \
             JOIN pg_catalog.pg_class c ON c.oid = k.child \
             JOIN pg_catalog.pg_class p ON p.oid = k.{parent} \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE m.relname IN (wanted, pg_catalog.lower(wanted)) \
             ORDER BY pg_catalog.pg_table_is_visible(m.oid) DESC, k.{order}, k.name LIMIT 1"
        )
    }
}

const FOREIGN_KEYS: &str = "(SELECT conname AS name, conrelid AS child, confrelid AS parent \
     FROM pg_catalog.pg_constraint WHERE contype = 'f')";

const CHECKS: &str = "(SELECT conname AS name, conrelid AS child \
     FROM pg_catalog.pg_constraint WHERE contype = 'c')";
