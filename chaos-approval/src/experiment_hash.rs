//! The hash of an experiment.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::str::FromStr;

use chaos_core::Experiment;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::InvalidApproval;

/// The hash of all that an experiment says: SHA-256 over its JSON, with sorted keys and no space.
///
/// It is the same from YAML, TOML, JSON and code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExperimentHash(String);

impl ExperimentHash {
    const PREFIX: &str = "sha256:";

    /// Returns the hash of an experiment.
    ///
    /// # Panics
    ///
    /// Never: every experiment can be written as JSON.
    #[must_use]
    pub fn of(experiment: &Experiment) -> Self {
        let json = serde_json::to_value(experiment).expect("an experiment can be written as JSON");
        let mut text = Self::PREFIX.to_owned();
        for byte in Sha256::digest(canonical(&json)) {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

/// Writes JSON in the only way that is hashed.
fn canonical(json: &Value) -> String {
    let joined = |items: Vec<String>| items.join(",");
    match json {
        Value::Object(entries) => {
            // Another crate may have switched on that entries keep their order.
            let sorted: BTreeMap<_, _> = entries.iter().collect();
            let entries = sorted.into_iter();
            let entries = entries
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)));
            format!("{{{}}}", joined(entries.collect()))
        }
        Value::Array(items) => format!("[{}]", joined(items.iter().map(canonical).collect())),
        scalar => scalar.to_string(),
    }
}

impl fmt::Display for ExperimentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ExperimentHash {
    type Err = InvalidApproval;

    fn from_str(text: &str) -> Result<Self, InvalidApproval> {
        let digits = text.strip_prefix(Self::PREFIX).unwrap_or_default();
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() == 64 && digits.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidApproval::new(
                "hash",
                "`sha256:` and 64 hexadecimal digits",
                text,
            ))
        }
    }
}
