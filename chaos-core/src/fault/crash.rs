//! Crashes of the process.

use serde::Serialize;

/// The way in which the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Crash {
    /// It exits with this code; no destructors run.
    Exit(i32),
    /// It aborts, as after a fatal signal.
    Abort,
}
