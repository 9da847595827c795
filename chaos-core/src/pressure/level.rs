//! How much was asked for, and how much there is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PressureKind;
use crate::human;

/// How much pressure was asked for, and how much there is now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PressureLevel {
    /// Of what kind.
    pub kind: PressureKind,
    /// What was asked for.
    pub requested: f64,
    /// What there is.
    pub achieved: f64,
    /// What both are counted in.
    pub unit: PressureUnit,
}

/// What a [`PressureLevel`] is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PressureUnit {
    /// Percent of one core.
    PercentOfCore,
    /// Bytes.
    Bytes,
    /// Bytes written in a second.
    BytesPerSecond,
    /// File descriptors that can't be had.
    Descriptors,
    /// Threads.
    Threads,
    /// Worker threads of a runtime.
    Workers,
    /// Seconds that the clock is ahead.
    Seconds,
}

impl fmt::Display for PressureLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            requested,
            achieved,
            unit,
        } = self;
        match unit {
            PressureUnit::PercentOfCore => {
                write!(f, "{kind}: {achieved:.1} of {requested:.1} % of a core")
            }
            PressureUnit::Bytes | PressureUnit::BytesPerSecond => {
                let per = match unit {
                    PressureUnit::Bytes => "",
                    _ => " a second",
                };
                let [achieved, requested] =
                    [achieved, requested].map(|bytes| human::format_bytes(*bytes as u64));
                write!(f, "{kind}: {achieved} of {requested}{per}")
            }
            PressureUnit::Descriptors => write!(f, "{kind}: {achieved} of {requested} descriptors"),
            PressureUnit::Threads => write!(f, "{kind}: {achieved} of {requested} threads"),
            PressureUnit::Workers => write!(f, "{kind}: {achieved} of {requested} workers"),
            PressureUnit::Seconds => write!(f, "{kind}: {achieved:.3} of {requested:.3} s"),
        }
    }
}

/// How a [`PressureLevel`] came to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PressureChange {
    /// What was asked for is there; or all that can be had of it, and then it is said why.
    Reached,
    /// The room shrank, and part of it was given back.
    BackedOff,
    /// What was asked for could not be had.
    Failed,
    /// All is given back; the level is that of just before.
    GivenBack,
}

impl fmt::Display for PressureChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reached => "reached",
            Self::BackedOff => "backed off",
            Self::Failed => "failed",
            Self::GivenBack => "given back",
        })
    }
}
