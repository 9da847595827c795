//! The errors of a run.

use std::io;

use crate::control::ControlError;
use crate::load::{InvalidLoad, StartLoadError};

/// A run could not begin, or could not be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The target can't be driven, or its policy refuses the experiments.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The load can't be sent.
    #[error(transparent)]
    Load(#[from] StartLoadError),
    /// A probe that can't be made, and why.
    #[error("the probe `{0}` can't be made: {1}")]
    Probe(String, String),
    /// Something else runs on the target.
    #[error("the target is not free: {0}")]
    NotFree(String),
    /// The target is not steady even without a fault, by a probe and what it found.
    #[error("the target is not steady before the fault: `{0}`: {1}")]
    NotSteady(String, String),
    /// An alert is firing, so people have other worries.
    #[error("the alert `{0}` is firing")]
    Alert(String),
    /// The Alertmanager at a URL does not say whether an alert is firing, and why.
    #[error("the Alertmanager at {0} can't be asked: {1}")]
    Alertmanager(String, String),
    /// The disk has no room for the record.
    #[error("the disk of the record has room for {0} MB, which a run may exceed")]
    Room(u64),
    /// The record can't be written; the experiments were stopped.
    #[error("the record can't be written: {0}")]
    Record(#[from] io::Error),
}

impl From<InvalidLoad> for RunError {
    fn from(invalid: InvalidLoad) -> Self {
        Self::Load(invalid.into())
    }
}
