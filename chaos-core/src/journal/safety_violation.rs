//! The events that say that a safety limit had to step in.

use super::Event;
use crate::EndReason;
use crate::pressure::PressureChange;
use crate::status::RateBound;

/// A safety limit that had to step in.
///
/// A time limit is how an experiment is meant to end, and a halt is counted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SafetyViolation {
    Aborted,
    LeaseRanOut,
    TotalCap,
    ConcurrentCap,
    PressureBackedOff,
    UndoFailed,
}

impl SafetyViolation {
    pub(crate) const ALL: [Self; 6] = [
        Self::Aborted,
        Self::LeaseRanOut,
        Self::TotalCap,
        Self::ConcurrentCap,
        Self::PressureBackedOff,
        Self::UndoFailed,
    ];

    /// Returns its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::LeaseRanOut => "lease",
            Self::TotalCap => "total_cap",
            Self::ConcurrentCap => "concurrent_cap",
            Self::PressureBackedOff => "pressure",
            Self::UndoFailed => "undo",
        }
    }

    /// The one that an event says of.
    pub(super) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Ended { reason, .. } => match reason {
                EndReason::Aborted(_) => Some(Self::Aborted),
                EndReason::LeaseRanOut => Some(Self::LeaseRanOut),
                _ => None,
            },
            Event::Pressure { change, .. } => {
                (*change == PressureChange::BackedOff).then_some(Self::PressureBackedOff)
            }
            Event::UndoFailed { .. } => Some(Self::UndoFailed),
            _ => None,
        }
    }

    /// The one that a bound of a rate says of.
    pub(crate) fn of_bound(bound: RateBound) -> Option<Self> {
        match bound {
            RateBound::TotalCap => Some(Self::TotalCap),
            RateBound::ConcurrentCap => Some(Self::ConcurrentCap),
            _ => None,
        }
    }
}
