//! The experiments that the tests start, and what the manager says about them.

use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, EndReason, Event, Experiment, ExperimentGuard, ExperimentState,
    Failure, Fault,
};

/// The service that all of them strike, unless said otherwise.
pub(crate) const PMS: &str = "pms";

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// Whatever asks at `pms` gets a failure.
pub(crate) fn failing(name: &str) -> Experiment {
    striking(name, Fault::error(Failure::Unavailable))
}

/// Whatever asks at `pms` is held for an hour, then fails.
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

/// How an experiment ended, as the manager tells it.
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

/// How an experiment ended, as the journal tells it.
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
