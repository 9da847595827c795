//! Reads arguments by the rules of files.

use serde::de::DeserializeOwned;

/// Reads an argument by the rules that files have for it.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(text.into())
}
