//! Small pieces of bytes.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::InvalidFault;

/// The number of bytes that pass at a time.
///
/// Readers and writers get smaller pieces than usual; no bytes are lost. A tenth of a millisecond passes between the pieces,
/// so that a reader behind a relay can see them one by one, unless it is slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "details such as { bytes: 10 }")]
pub struct Slice {
    bytes: NonZeroU32,
}

impl Slice {
    /// Lets at most this many bytes pass at a time.
    ///
    /// # Errors
    ///
    /// When `bytes` is zero; [`Disconnect::Stall`](crate::Disconnect::Stall) lets nothing pass.
    pub fn bytes(bytes: u32) -> Result<Self, InvalidFault> {
        NonZeroU32::new(bytes)
            .map(|bytes| Self { bytes })
            .ok_or(InvalidFault::EmptySlices)
    }

    /// The number of bytes that pass at a time.
    #[must_use]
    pub fn size(self) -> NonZeroU32 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_slices_are_refused() {
        assert_eq!(Slice::bytes(0), Err(InvalidFault::EmptySlices));
        assert!(serde_json::from_str::<Slice>(r#"{"bytes":0}"#).is_err());
        assert_eq!(
            serde_json::from_str::<Slice>(r#"{"bytes":7}"#).unwrap(),
            Slice::bytes(7).unwrap()
        );
    }
}
