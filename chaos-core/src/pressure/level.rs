//! The requested and the current level of a pressure, and how it changes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::PressureKind;
use crate::human;

/// The requested and the current level of a pressure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PressureLevel {
    /// The kind of pressure.
    pub kind: PressureKind,
    /// The requested level.
    pub requested: f64,
    /// The current level.
    pub achieved: f64,
    /// The unit of both levels.
    pub unit: PressureUnit,
}

/// The unit of a [`PressureLevel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PressureUnit {
    /// Percent of one core.
    PercentOfCore,
    /// Bytes.
    Bytes,
    /// Bytes written per second.
    BytesPerSecond,
    /// Unavailable file descriptors.
    Descriptors,
    /// Threads.
    Threads,
    /// Worker threads of a Tokio runtime.
    Workers,
    /// Seconds that the clock is ahead; negative when it is behind.
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

/// A change of a pressure, reported with its [`PressureLevel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PressureChange {
    /// The requested level is reached.
    Reached,
    /// Everything available is taken, which is less than the requested level; reported with a reason.
    Saturated,
    /// Less is available than before, and part was given back.
    BackedOff,
    /// The requested level could not be reached.
    Failed,
    /// Everything is given back; the level is the last one before that.
    GivenBack,
}

impl fmt::Display for PressureChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reached => "reached",
            Self::Saturated => "saturated",
            Self::BackedOff => "backed off",
            Self::Failed => "failed",
            Self::GivenBack => "given back",
        })
    }
}
