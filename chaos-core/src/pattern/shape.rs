//! The shapes of patterns.

use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use super::InvalidPattern;
use crate::Rate;

/// One step of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The operation is struck.
    Fail,
    /// The operation passes.
    Pass,
}

/// The continuation of a sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Every further operation passes.
    #[default]
    Pass,
    /// Every further operation is struck.
    Fail,
    /// The sequence starts again.
    Repeat,
}

/// The shape of a pattern after the skipped operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    All,
    First(u64),
    Every(NonZeroU64),
    Burst(Burst),
    Sequence { steps: Vec<Step>, then: Then },
    Ramp(Ramp),
}

/// Alternates between struck and passing operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Burst {
    pub(super) hit: NonZeroU32,
    pub(super) pass: NonZeroU32,
}

/// Changes from one rate to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ramp {
    pub(super) from: Rate,
    pub(super) to: Rate,
    pub(super) operations: NonZeroU64,
}

impl Shape {
    pub(super) fn sequence(steps: Vec<Step>, then: Then) -> Result<Self, InvalidPattern> {
        if steps.is_empty() {
            return Err(InvalidPattern::NoSteps);
        }
        Ok(Self::Sequence { steps, then })
    }

    pub(super) fn can_strike(&self) -> bool {
        match self {
            Self::All | Self::Every(_) | Self::Burst(_) => true,
            Self::First(count) => *count > 0,
            Self::Sequence { steps, then } => steps.contains(&Step::Fail) || *then == Then::Fail,
            // The first operation has the rate `from`, those after the ramp have `to`.
            Self::Ramp(Ramp { from, to, .. }) => *from != Rate::NEVER || *to != Rate::NEVER,
        }
    }

    /// Whether operation `n`, counted from zero, is struck.
    pub(super) fn admits(&self, n: u64, draw: u64) -> bool {
        match self {
            Self::All => true,
            Self::First(count) => n < *count,
            Self::Every(nth) => n % *nth == nth.get() - 1,
            Self::Burst(burst) => {
                let hit = u64::from(burst.hit.get());
                n % (hit + u64::from(burst.pass.get())) < hit
            }
            Self::Sequence { steps, then } => step_at(steps, *then, n) == Step::Fail,
            Self::Ramp(ramp) => ramp.admits(n, draw),
        }
    }
}

fn step_at(steps: &[Step], then: Then, n: u64) -> Step {
    let at = match then {
        Then::Repeat => n % steps.len() as u64,
        Then::Pass | Then::Fail => n,
    };
    let step = usize::try_from(at).ok().and_then(|at| steps.get(at));
    match (step, then) {
        (Some(step), _) => *step,
        (None, Then::Fail) => Step::Fail,
        (None, Then::Pass | Then::Repeat) => Step::Pass,
    }
}

impl Ramp {
    fn admits(&self, n: u64, draw: u64) -> bool {
        if n >= self.operations.get() {
            return self.to.admits(draw);
        }
        let progress = n as f64 / self.operations.get() as f64;
        let (from, to) = (self.from.as_share(), self.to.as_share());
        Rate::nearest(from + (to - from) * progress).admits(draw)
    }
}
