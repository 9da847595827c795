//! The error for text that is not a placement.

/// Text could not be parsed as a placement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a placement: expected {expected}, as in `payments POST /charge #1 after:reset`"
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
