//! A placement as a running experiment, and the operations that it strikes.

use std::time::Duration;

use chaos_core::adapter::PlacedExperiment;
use chaos_core::{BlastRadius, ChaosManager, Experiment, ExperimentGuard, SiteKind};

use crate::placement::Placement;
use crate::placement::fault_case::Persistence;
use crate::trial::recorded_operation::RecordedOperation;

/// A placement as a running experiment.
#[derive(Debug)]
pub(crate) struct PlacedFault {
    placement: Placement,
    experiment: PlacedExperiment,
    state: StrikeState,
}

/// Which operations a placed fault still strikes.
#[derive(Debug)]
enum StrikeState {
    /// The placed operation hasn't occurred.
    Pending,
    /// The fault strikes every operation of its site.
    Ongoing,
    /// The fault has struck its only operation.
    Finished,
}

impl PlacedFault {
    /// Starts the experiment of a placement.
    pub(crate) fn start(
        chaos: &ChaosManager,
        placement: &Placement,
        time_limit: Duration,
    ) -> (ExperimentGuard, Self) {
        let case = &placement.fault_case;
        let experiment = Experiment::new(placement.to_string())
            .fault(case.fault.clone())
            .blast_radius(blast_radius(placement))
            .phase(case.phase)
            .allow_collateral()
            .time_limit(time_limit);
        let (guard, experiment) = chaos
            .place(experiment)
            .unwrap_or_else(|error| panic!("`{placement}` can't be placed: {error}"));
        let placed = Self {
            placement: placement.clone(),
            experiment,
            state: StrikeState::Pending,
        };
        (guard, placed)
    }

    /// Strikes the operation with the returned experiment, if the operation is one to strike.
    pub(crate) fn strike(&mut self, operation: &RecordedOperation) -> Option<PlacedExperiment> {
        let target = &self.placement.operation;
        let is_target = match self.state {
            StrikeState::Pending => target.matches(&operation.id),
            StrikeState::Ongoing => target.is_at_same_site(&operation.id),
            StrikeState::Finished => false,
        };
        let case = &self.placement.fault_case;
        // A stream asks for each phase separately, with the same number.
        if !is_target || !operation.supports(case) {
            return None;
        }
        self.state = match case.persistence {
            Persistence::Once => StrikeState::Finished,
            Persistence::Onwards => StrikeState::Ongoing,
        };
        Some(self.experiment.clone())
    }
}

/// Returns the blast radius that the journal shows; the recorder chooses the operation within it.
fn blast_radius(placement: &Placement) -> BlastRadius {
    let service = placement.operation.service();
    match placement.operation.kind {
        Some(SiteKind::Server) => BlastRadius::requests_to(service),
        Some(SiteKind::Client) => BlastRadius::calls_to(service),
        Some(SiteKind::Database) => BlastRadius::queries_on(service),
        Some(SiteKind::Stream) => BlastRadius::streams_to(service),
        Some(SiteKind::Point) => BlastRadius::points_at(service),
        _ => BlastRadius::services([service]),
    }
}
