//! The error of a text that is no approval, or no request for one.

/// A text is no approval, or no request for one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: expected {expected}, found {found:?}")]
pub struct InvalidApproval {
    key: &'static str,
    expected: &'static str,
    found: String,
}

impl InvalidApproval {
    /// The most characters that are shown of what was found.
    const SHOWN: usize = 80;

    pub(crate) fn new(key: &'static str, expected: &'static str, found: &str) -> Self {
        let found = found.chars().take(Self::SHOWN).collect();
        Self {
            key,
            expected,
            found,
        }
    }
}
