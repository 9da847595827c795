//! The contents of a file of experiments.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::check::check;
use super::error::FileError;
use super::read::Document;
use super::version::FormatVersion;
use crate::Experiment;

/// The contents of a file of experiments.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents<'a> {
    version: FormatVersion,
    pub(super) experiments: Cow<'a, [Experiment]>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(experiments: &'a [Experiment]) -> Self {
        Self {
            version: FormatVersion,
            experiments: Cow::Borrowed(experiments),
        }
    }
}

impl Document for Contents<'static> {
    fn check(&self) -> Result<(), FileError> {
        check(&self.experiments)
    }
}
