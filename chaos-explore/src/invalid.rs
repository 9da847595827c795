//! What is wrong with the text of a placement.

/// The text of a placement could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no placement: expected {expected}, as in `payments POST /charge #1 after:reset`"
)]
pub struct InvalidPlacement {
    text: String,
    expected: String,
}

impl InvalidPlacement {
    pub(crate) fn new(text: &str, expected: impl Into<String>) -> Self {
        Self {
            text: text.to_owned(),
            expected: expected.into(),
        }
    }
}
