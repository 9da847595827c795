//! The experiments of these tests, and their ends as reported by the manager.

use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, EndReason, Event, Experiment, ExperimentGuard, ExperimentState,
    Failure, Fault,
};

/// The service that the experiments strike by default.
pub(crate) const PMS: &str = "pms";

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// Fails every operation at `pms`.
pub(crate) fn failing(name: &str) -> Experiment {
    striking(name, Fault::error(Failure::Unavailable))
}

/// Holds every operation at `pms` for an hour, then fails it.
pub(crate) fn holding(name: &str) -> Experiment {
    striking(name, Fault::timeout(HOUR))
}

pub(crate) fn striking(name: &str, fault: Fault) -> Experiment {
    Experiment::new(name)
        .fault(fault)
        .blast_radius(BlastRadius::points_at(PMS))
}

pub(crate) fn is_ended(guard: &ExperimentGuard, reason: &EndReason) -> bool {
    guard.ended() == Some(reason)
}

/// The end of an experiment, as reported by the manager.
pub(crate) fn end_of(chaos: &ChaosManager, name: &str) -> Option<EndReason> {
    chaos
        .status()
        .into_iter()
        .rev()
        .find(|status| status.name == name)
        .and_then(|status| match status.state {
            ExperimentState::Ended(reason) => Some(reason),
            _ => None,
        })
}

/// The end of an experiment, as recorded in the journal.
pub(crate) fn journalled_end(chaos: &ChaosManager, name: &str) -> Option<EndReason> {
    chaos
        .journal()
        .into_iter()
        .find_map(|entry| match entry.event {
            Event::Ended {
                experiment, reason, ..
            } if experiment == name => Some(reason),
            _ => None,
        })
}
