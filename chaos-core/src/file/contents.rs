//! The contents of a file of experiments.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::check::check_experiments;
use super::error::FileError;
use super::read::Document;
use super::version::FormatVersion;
use crate::Experiment;

/// The contents of a file of experiments.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents<'a> {
    version: FormatVersion,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub(super) approvals: Cow<'a, [String]>,
    pub(super) experiments: Cow<'a, [Experiment]>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(
        experiments: impl Into<Cow<'a, [Experiment]>>,
        approvals: &'a [String],
    ) -> Self {
        Self {
            version: FormatVersion,
            approvals: Cow::Borrowed(approvals),
            experiments: experiments.into(),
        }
    }
}

impl Document for Contents<'static> {
    fn check(&self) -> Result<(), FileError> {
        check_experiments("experiments", &self.experiments)
    }
}
