//! Corrupted bytes.

use serde::{Deserialize, Deserializer, Serialize};

use super::InvalidFault;
use crate::Rate;

/// The corruption of bytes in transit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "details such as { bytes: 1% }")]
pub struct Corrupt {
    #[serde(deserialize_with = "nonzero_rate")]
    bytes: Rate,
}

impl Corrupt {
    /// Flips this share of all bytes.
    ///
    /// # Errors
    ///
    /// When `rate` is 0 %, which would have no effect.
    pub fn bytes(rate: Rate) -> Result<Self, InvalidFault> {
        if rate == Rate::NEVER {
            return Err(InvalidFault::NothingCorrupted);
        }
        Ok(Self { bytes: rate })
    }

    /// The share of bytes that are flipped.
    #[must_use]
    pub fn rate(self) -> Rate {
        self.bytes
    }
}

fn nonzero_rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
    let rate = Rate::deserialize(deserializer)?;
    Corrupt::bytes(rate)
        .map(Corrupt::rate)
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_zero_is_refused() {
        assert_eq!(
            Corrupt::bytes(Rate::NEVER),
            Err(InvalidFault::NothingCorrupted)
        );
        assert!(serde_json::from_str::<Corrupt>(r#"{"bytes":"0%"}"#).is_err());
        assert!(serde_json::from_str::<Corrupt>(r#"{"bytes":"1%"}"#).is_ok());
    }
}
