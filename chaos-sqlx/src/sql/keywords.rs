//! SQL keywords that the classifier looks for.

/// Verbs of statements whose table references the classifier understands.
pub(super) const VERBS_WITH_TABLES: &[&str] = &[
    "SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP",
    "ALTER", "COPY", "EXPLAIN", "TABLE",
];

/// Verbs that write, also inside a statement with another verb, such as `WITH`.
pub(super) const WRITING_VERBS: &[&str] = &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"];

/// Verbs that start a query, also inside parentheses.
pub(super) const QUERY_VERBS: &[&str] = &["SELECT", "VALUES", "WITH"];

/// Keywords between a verb and the name of its table.
pub(super) const BEFORE_TABLE: &[&str] = &[
    "ONLY",
    "IF",
    "NOT",
    "EXISTS",
    "TABLE",
    "LATERAL",
    "IGNORE",
    "LOW_PRIORITY",
];

/// Keywords that end a list of tables.
pub(super) const AFTER_TABLES: &[&str] = &[
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "SET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "WINDOW",
    "RETURNING",
    "FOR",
    "OFFSET",
    "FETCH",
];

pub(super) fn is_one_of(word: &str, keywords: &[&str]) -> bool {
    keywords
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword))
}
