//! String literals of MySQL.

/// Quotes text as a string literal that is valid in every SQL mode; backslashes are dropped, because modes differ on them.
pub(super) fn string_literal(text: &str) -> String {
    let text = text.replace(['\\', '\0'], "").replace('\'', "''");
    format!("'{text}'")
}
