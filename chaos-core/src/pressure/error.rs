//! Why a pressure does not start.

use std::io;

use super::invalid::InvalidPressure;
use super::kind::PressureKind;
use super::shortage::Shortage;

/// Why a [`Pressure`](crate::Pressure) was refused.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum PressureError {
    /// This build contains no fault injection; the feature `inject` compiles it in.
    #[error(
        "fault injection is compiled out of this build (the feature `inject` is off): {0} pressure can't start"
    )]
    CompiledOut(PressureKind),
    /// The values are invalid.
    #[error("{kind} pressure: {problem}")]
    Invalid {
        /// The kind of pressure.
        kind: PressureKind,
        /// The invalid value.
        problem: InvalidPressure,
    },
    /// This system, or this part of it, does not support the pressure.
    #[error("{kind} pressure is not supported: {why}")]
    Unsupported {
        /// The kind of pressure.
        kind: PressureKind,
        /// What is missing.
        why: String,
    },
    /// Filling a disk needs consent.
    #[error(
        "{0} pressure makes other writes fail: it needs consent (`consent: {{ who: <name> }}`, in code \
         `.consent(Consent::by(\"<name>\")?)`)"
    )]
    NeedsConsent(PressureKind),
    /// The requested amount does not fit next to the reserve.
    #[error("{kind} pressure: {shortage}")]
    NoRoom {
        /// The kind of pressure.
        kind: PressureKind,
        /// The requested amount and the limit it does not fit under.
        shortage: Shortage,
    },
    /// The pressure would have no effect here.
    #[error("{kind} pressure would take nothing: {why}")]
    NothingToTake {
        /// The kind of pressure.
        kind: PressureKind,
        /// Why nothing would be taken.
        why: String,
    },
    /// The pressure starves a Tokio runtime but was started outside of one.
    #[error(
        "{0} pressure starves the Tokio runtime it is started in, but there is none here: start it within \
         `block_on` or a `#[tokio::test]`"
    )]
    NoRuntime(PressureKind),
    /// The runtime has fewer workers than the pressure would block.
    #[error("{kind} pressure asks for {requested} workers, but the runtime has {available}")]
    TooManyWorkers {
        /// The kind of pressure.
        kind: PressureKind,
        /// The number of workers to block.
        requested: u32,
        /// The number of workers of the runtime.
        available: usize,
    },
    /// The pressure only affects the clock of a manager.
    #[error(
        "{0} pressure only affects the clock of a manager: start it as an experiment of that manager"
    )]
    NeedsManager(PressureKind),
    /// Another pressure holds the one limit that the process has.
    #[error("{0} pressure is already active, and the process has only one such limit")]
    AlreadyActive(PressureKind),
    /// The system refused an operation that the pressure needs.
    #[error("{kind} pressure: can't {action}: {source}")]
    System {
        /// The kind of pressure.
        kind: PressureKind,
        /// The refused operation.
        action: String,
        /// The system's error.
        source: io::Error,
    },
}

#[cfg(feature = "inject")]
impl PressureError {
    /// Returns a conversion of the system's error about a refused operation.
    pub(super) fn system<E: Into<io::Error>>(
        kind: PressureKind,
        action: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let action = action.into();
        move |source| Self::System {
            kind,
            action,
            source: source.into(),
        }
    }
}

// `main` and `unwrap` print the debug form: make it the sentence instead of the variant.
impl std::fmt::Debug for PressureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
