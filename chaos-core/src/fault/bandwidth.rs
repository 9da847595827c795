//! Limited bandwidth.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::InvalidFault;
use crate::human;

/// A limit on the throughput of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "details such as { bytes_per_second: 64KiB }"
)]
pub struct Bandwidth {
    #[serde(rename = "bytes_per_second", deserialize_with = "human::nonzero_size")]
    rate: NonZeroU64,
}

impl Bandwidth {
    /// Limits the throughput to this many bytes per second.
    ///
    /// # Errors
    ///
    /// When `bytes` is zero; [`Disconnect::Stall`](crate::Disconnect::Stall) lets nothing pass.
    pub fn bytes_per_second(bytes: u64) -> Result<Self, InvalidFault> {
        NonZeroU64::new(bytes)
            .map(|rate| Self { rate })
            .ok_or(InvalidFault::NoBytes)
    }

    /// The number of bytes that pass per second.
    #[must_use]
    pub fn per_second(self) -> NonZeroU64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bandwidth_of_zero_is_refused() {
        assert_eq!(Bandwidth::bytes_per_second(0), Err(InvalidFault::NoBytes));
        assert!(serde_json::from_str::<Bandwidth>(r#"{"bytes_per_second":0}"#).is_err());
        assert!(serde_json::from_str::<Bandwidth>(r#"{"bytes_per_second":"0MB"}"#).is_err());
    }

    #[test]
    fn files_may_hold_a_size_as_text() {
        let read = serde_json::from_str(r#"{"bytes_per_second":"10MB"}"#);
        assert_eq!(read.ok(), Bandwidth::bytes_per_second(10_000_000).ok());
    }
}
