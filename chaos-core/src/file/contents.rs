//! What a file holds.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Experiment, human};

/// The only version of the format so far.
pub(super) const VERSION: u64 = 1;

/// The version alone, so that another version is told from a mistake.
#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(rename = "version")]
    _version: Version,
}

/// All of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    #[serde(rename = "version")]
    _version: Version,
    pub(super) experiments: Vec<Experiment>,
}

/// All of a file, to be written.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    version: Version,
    experiments: &'a [Experiment],
}

impl<'a> Written<'a> {
    pub(super) fn new(experiments: &'a [Experiment]) -> Self {
        Self {
            version: Version,
            experiments,
        }
    }
}

struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::number(deserializer, "the version 1", |version| match version {
            VERSION => Ok(Self),
            other => Err(format!(
                "expected 1, the only version there is, found {other}"
            )),
        })
    }
}
