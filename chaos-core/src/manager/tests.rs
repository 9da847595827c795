mod approving;
mod explaining;
#[cfg(unix)]
mod file_watch;
mod guards;
mod idle;
mod judges;
mod leases;
mod matching;
mod outcome_watch;
mod planning;
mod policy;
mod reached;
mod steering;
mod table;
mod variables;
mod warnings;

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::error::ConsentNeeded;
use crate::explain::Explanation;
use crate::outcomes::SiteOutcomes;
use crate::site::Needs;
use crate::{
    Condition, Consent, EndReason, Environment, Event, Failure, FaultKind, JournalEntry, Operation,
    Pattern, Phase, Policy, Pressure, Rate, Scope, Tag,
};

fn broken(name: &str, radius: BlastRadius) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius)
}

fn points() -> BlastRadius {
    BlastRadius::points_at("pms")
}

fn judged(name: &str) -> Experiment {
    broken(name, points()).abort_when(Condition::consecutive_failures(3).at("orders"))
}

fn journalled(chaos: &ChaosManager) -> Vec<Event> {
    chaos
        .journal()
        .into_iter()
        .map(|entry| entry.event)
        .collect()
}
