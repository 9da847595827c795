//! Broken constraints, by the names they have in the caller's database.

use super::raise::{block, literal};
use crate::sql::StatementInfo;

/// What kind of constraint is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    /// A row with that key exists.
    Unique,
    /// A row that is referred to does not exist.
    ForeignKey,
    /// A row is still referred to.
    StillReferred,
    /// A row breaks a check.
    Check,
}

impl Violation {
    /// What deleting breaks of a foreign key is its other end.
    pub(super) fn of_foreign_key(about: &StatementInfo<'_>) -> Self {
        match about.verb {
            "DELETE" => Self::StillReferred,
            _ => Self::ForeignKey,
        }
    }

    /// A block that finds a constraint of the statement's table and raises its violation.
    pub(super) fn sql(self, about: &StatementInfo<'_>) -> String {
        let name = about.table.unwrap_or("injected");
        let wanted = literal(name);
        // Where the table has none, the name that the server would have given to one.
        let usual = literal(&format!("{name}_{}", self.usual_ending()));
        let (state, message, find) = (self.state(), self.message(), self.find());
        block(&format!(
            "DECLARE wanted name := {wanted}; \
             in_schema name; of_table name; broken name; parent name; \
             BEGIN {find}; \
             IF NOT FOUND THEN \
             in_schema := 'public'; of_table := wanted; broken := {usual}; parent := wanted; \
             END IF; \
             RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = pg_catalog.format({message}), \
             SCHEMA = in_schema, TABLE = of_table, CONSTRAINT = broken; END"
        ))
    }

    fn state(self) -> &'static str {
        match self {
            Self::Unique => "23505",
            Self::ForeignKey | Self::StillReferred => "23503",
            Self::Check => "23514",
        }
    }

    fn usual_ending(self) -> &'static str {
        match self {
            Self::Unique => "pkey",
            Self::ForeignKey | Self::StillReferred => "fkey",
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
            Self::StillReferred => {
                "'update or delete on table \"%s\" violates foreign key constraint \"%s\" \
                 on table \"%s\"', parent, broken, of_table"
            }
            Self::Check => {
                "'new row for relation \"%s\" violates check constraint \"%s\"', of_table, broken"
            }
        }
    }

    /// The query that finds one.
    fn find(self) -> String {
        let (constraints, mine, parent, order) = match self {
            // An index is enough. Primary keys come last: mostly they are made up and break no rule.
            Self::Unique => (
                "(SELECT x.relname AS name, i.indrelid AS child, NULL::oid AS parent, \
                 i.indisprimary AS last FROM pg_catalog.pg_index i \
                 JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indisunique)",
                "child",
                "child",
                "last",
            ),
            Self::ForeignKey => (FOREIGN_KEYS, "child", "parent", "name"),
            Self::StillReferred => (FOREIGN_KEYS, "parent", "parent", "name"),
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
