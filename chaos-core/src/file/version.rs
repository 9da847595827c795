//! The version of a document's format.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::human;

/// The only version of the formats so far.
const VERSION: u64 = 1;

/// The key `version` of a document, which is always 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FormatVersion;

impl Serialize for FormatVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(VERSION)
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::converted_number(deserializer, "the version 1", |version| match version {
            VERSION => Ok(Self),
            other => Err(format!(
                "expected 1, the only version there is, found {other}"
            )),
        })
    }
}
