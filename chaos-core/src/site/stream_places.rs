//! Where an experiment strikes a connection if it names no operation.

use crate::running::Running;
use crate::{Disconnect, Fault, Phase, SiteKind};

/// Where an experiment strikes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamPlaces {
    /// At each operation that its radius covers.
    Each,
    /// At the first operation that it meets.
    First,
    /// On bytes: properties of the link in both directions, everything else on those that are read.
    Bytes(Directions),
}

/// The directions in which any fault of an experiment acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directions {
    Read,
    Both,
}

impl StreamPlaces {
    pub(crate) fn of(running: &Running, kind: SiteKind) -> Self {
        let experiment = &running.experiment;
        let names_places = running.radius.operation_glob().is_some();
        if kind != SiteKind::Stream || names_places || experiment.strikes_in() == Phase::After {
            return Self::Each;
        }
        let faults = experiment.faults();
        if !faults.iter().all(passes_bytes) {
            Self::First
        } else if faults.iter().any(is_property_of_link) {
            Self::Bytes(Directions::Both)
        } else {
            Self::Bytes(Directions::Read)
        }
    }

    /// Whether the experiment may strike an operation of the connection.
    #[inline]
    pub(crate) fn include(self, operation: &str) -> bool {
        match (self, operation) {
            (Self::Each | Self::First, _) => true,
            (Self::Bytes(_), "connect" | "accept") | (Self::Bytes(Directions::Read), "write") => {
                false
            }
            (Self::Bytes(_), _) => true,
        }
    }

    /// Whether one of the experiment's faults acts on the bytes of an operation.
    pub(crate) fn include_fault(self, fault: &Fault, operation: &str) -> bool {
        !matches!(self, Self::Bytes(_)) || operation != "write" || is_property_of_link(fault)
    }
}

/// Whether a fault leaves the connection open, or breaks it only after bytes have passed.
fn passes_bytes(fault: &Fault) -> bool {
    match fault {
        Fault::Latency(_) => true,
        Fault::Disconnect(disconnect) => matches!(
            disconnect,
            Disconnect::CutAfter(_) | Disconnect::ResetAfter(_) | Disconnect::HalfClose
        ),
        fault => is_property_of_link(fault),
    }
}

fn is_property_of_link(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Bandwidth(_) | Fault::Corrupt(_) | Fault::Slice(_) | Fault::Loss(_)
    )
}
