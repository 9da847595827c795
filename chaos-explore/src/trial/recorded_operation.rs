//! An operation of a trial, and the fault cases that it supports.

use std::time::Duration;

use chaos_core::adapter::{MetOperation, Support};
use chaos_core::{Failure, Fault, Phase};

use crate::placement::fault_case::FaultCase;
use crate::placement::operation_id::OperationId;

/// An operation of a trial.
#[derive(Debug)]
pub(crate) struct RecordedOperation {
    pub(crate) id: OperationId,
    /// When it began, on the trial's clock since the start of the act.
    pub(crate) at: Duration,
    support: Support,
    fails_only_as: Option<fn(Failure) -> bool>,
    /// The phases that were asked for one by one, as a stream does; otherwise the operation has them all.
    asked_phases: Vec<Phase>,
    /// Whether the operation has a scope, so that the request's reply can depend on it.
    pub(crate) is_in_request: bool,
    /// The indices of the placements that struck the operation.
    pub(crate) struck_by: Vec<usize>,
}

impl RecordedOperation {
    pub(crate) fn new(id: OperationId, at: Duration, operation: &MetOperation<'_>) -> Self {
        Self {
            id,
            at,
            support: operation.support(),
            fails_only_as: operation.fails_only_as(),
            asked_phases: operation.phase_asked_for().into_iter().collect(),
            is_in_request: operation.scope().is_some(),
            struck_by: Vec::new(),
        }
    }

    /// Returns whether the fault can be injected into the operation.
    pub(crate) fn supports(&self, case: &FaultCase) -> bool {
        self.support.includes(case.fault.kind(), case.phase)
            && (self.asked_phases.is_empty() || self.asked_phases.contains(&case.phase))
            && match (&case.fault, self.fails_only_as) {
                (Fault::Error(failure), Some(can_fail_as)) => can_fail_as(*failure),
                _ => true,
            }
    }

    /// Adds another phase of the same operation.
    pub(crate) fn add_phase(&mut self, phase: Self) {
        self.asked_phases.extend(phase.asked_phases);
        self.struck_by.extend(phase.struck_by);
    }

    /// Returns whether the placement with this index struck the operation.
    pub(crate) fn is_struck_by(&self, placement: usize) -> bool {
        self.struck_by.contains(&placement)
    }
}
