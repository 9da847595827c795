//! What a manager decides about an experiment before it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::{HaltSwitch, Period};
use crate::{Attribution, BlastRadius, Environment, Experiment};

/// What a manager decides about an experiment before it runs.
pub(crate) struct Start {
    pub(crate) experiment: Experiment,
    pub(crate) radius: Arc<BlastRadius>,
    /// The environment in which its start was judged.
    pub(crate) environment: Environment,
    pub(crate) mode: Mode,
    pub(crate) reach: Reach,
    pub(crate) seed: u64,
    pub(crate) attribution: Attribution,
    /// The length of its lease.
    pub(crate) lease: Option<Duration>,
    pub(crate) switch: Arc<HaltSwitch>,
    pub(crate) period: Period,
    pub(crate) batch: Batch,
    /// The services that it must not affect, although it may select them.
    pub(crate) spared: Box<[String]>,
}

/// What is started together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Batch(u64);

impl Batch {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Whether decisions are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Live,
    DryRun,
    /// Applied only at operations that a witness chooses.
    Placed,
}

/// Whether this instance belongs to the share of instances that the radius covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Here,
    OtherInstances,
}

/// The time limit, cut short by the absolute end.
pub(crate) fn limit(experiment: &Experiment) -> Duration {
    let to_the_end = experiment.ends_at().map(|end| {
        end.duration_since(SystemTime::now())
            .unwrap_or(Duration::ZERO)
    });
    experiment
        .runs_for()
        .min(to_the_end.unwrap_or(Duration::MAX))
}
