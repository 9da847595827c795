//! Anonymous code blocks (`DO`) and their string literals.

/// Returns a statement that executes a PL/pgSQL block.
pub(super) fn do_block(body: &str) -> String {
    format!("DO {}", string_literal(body))
}

/// Quotes text as a string literal, independently of `standard_conforming_strings`.
pub(super) fn string_literal(text: &str) -> String {
    let text = text
        .replace('\0', "")
        .replace('\\', "\\\\")
        .replace('\'', "''");
    format!("E'{text}'")
}
