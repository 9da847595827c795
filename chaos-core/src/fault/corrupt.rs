//! Which bytes arrive changed.

use serde::{Deserialize, Deserializer, Serialize};

use super::InvalidFault;
use crate::Rate;

/// Which bytes arrive changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "details such as { bytes: 1% }")]
pub struct Corrupt {
    #[serde(deserialize_with = "some_bytes")]
    bytes: Rate,
}

impl Corrupt {
    /// Flips this share of all bytes.
    ///
    /// # Errors
    ///
    /// When `rate` is 0 %: nothing would ever be changed.
    pub fn bytes(rate: Rate) -> Result<Self, InvalidFault> {
        if rate == Rate::NEVER {
            return Err(InvalidFault::NothingCorrupted);
        }
        Ok(Self { bytes: rate })
    }

    /// The share of bytes that is flipped.
    #[must_use]
    pub fn rate(self) -> Rate {
        self.bytes
    }
}

fn some_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
    let rate = Rate::deserialize(deserializer)?;
    Corrupt::bytes(rate)
        .map(Corrupt::rate)
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_refused() {
        assert_eq!(
            Corrupt::bytes(Rate::NEVER),
            Err(InvalidFault::NothingCorrupted)
        );
        assert!(serde_json::from_str::<Corrupt>(r#"{"bytes":"0%"}"#).is_err());
        assert!(serde_json::from_str::<Corrupt>(r#"{"bytes":"1%"}"#).is_ok());
    }
}
