//! The contents of a file.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Experiment, human};

/// The only version of the format so far.
const VERSION: u64 = 1;

/// The version alone, which is checked first: another version may have other keys.
#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(rename = "version", deserialize_with = "supported_version")]
    _version: u64,
}

/// The contents of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents<'a> {
    #[serde(deserialize_with = "supported_version")]
    version: u64,
    pub(super) experiments: Cow<'a, [Experiment]>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(experiments: &'a [Experiment]) -> Self {
        Self {
            version: VERSION,
            experiments: Cow::Borrowed(experiments),
        }
    }
}

fn supported_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    human::converted_number(deserializer, "the version 1", |version| match version {
        VERSION => Ok(VERSION),
        other => Err(format!(
            "expected 1, the only version there is, found {other}"
        )),
    })
}
