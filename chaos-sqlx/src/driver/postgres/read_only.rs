//! Writes that a read-only transaction refuses.

/// Returns a write that a read-only transaction refuses before it checks permissions.
///
/// The write changes no row even if it is executed.
pub(super) fn refused_write(verb: &str) -> Option<&'static str> {
    match verb {
        "INSERT" | "WITH" => Some(
            "INSERT INTO pg_catalog.pg_description \
             SELECT * FROM pg_catalog.pg_description WHERE false",
        ),
        "UPDATE" => Some("UPDATE pg_catalog.pg_description SET objsubid = 0 WHERE false"),
        "DELETE" => Some("DELETE FROM pg_catalog.pg_description WHERE false"),
        _ => None,
    }
}
