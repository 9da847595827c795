//! What a running experiment has reached of what was asked for, and why not more.

use super::{Encounter, Reach, Running};
use crate::journal::SafetyViolation;
use crate::status::{RateBound, RateReached};
use crate::{Phase, Rate};

impl Running {
    /// Why it has struck nothing so far, although it was meant to.
    pub(crate) fn why_idle(&self) -> Option<String> {
        // A witness chooses whether a placed experiment strikes, and a share of instances may exclude this one.
        let is_meant_to =
            self.strikes_operations() && !self.is_placed() && self.reach == Reach::Here;
        if !is_meant_to || self.gate.injected() > 0 {
            return None;
        }
        let radius = &self.radius;
        let rate = radius.operation_rate();
        Some(match (self.encounters.closest(), radius.operation_glob()) {
            (Encounter::Nothing, _) => format!("it found no site that it can strike: it selects {radius}"),
            (Encounter::OtherOperation, Some(glob)) => {
                format!("no operation at its sites matched `{glob}`")
            }
            (Encounter::Site, _) if rate == Rate::ALWAYS => {
                "no operation happened at its sites".to_owned()
            }
            (Encounter::Site, _) => format!("no operation at its sites was within the rate of {rate}"),
            (Encounter::OtherOperation | Encounter::Operation, _) => {
                "operations happened at its sites, but its attributes, tags, pattern or fault let each of them pass"
                    .to_owned()
            }
        })
    }

    /// Its rate, as asked for and as reached.
    pub(crate) fn rate_reached(&self) -> RateReached {
        // Struck operations first: each was drawn before.
        let struck = self.gate.injected();
        let share = self.encounters.drawn_of_covered();
        let by_definition = [
            (
                RateBound::Phase,
                self.experiment.strikes_in() != Phase::Before,
            ),
            (RateBound::Instances, self.reach == Reach::OtherInstances),
        ];
        let by_definition = by_definition.into_iter().filter(|(_, holds)| *holds);
        RateReached {
            asked: self.radius.operation_rate(),
            struck,
            covered: share.map(|(_, covered)| covered),
            drawn: share.map(|(drawn, _)| drawn),
            bounded_by: self
                .rate_bounds
                .met()
                .chain(by_definition.map(|(bound, _)| bound))
                .collect(),
        }
    }

    /// Remembers a reason for which an operation passes, and counts a cap once.
    pub(crate) fn meet(&self, bound: impl Into<Option<RateBound>>) {
        let Some(bound) = bound.into() else {
            return;
        };
        if self.rate_bounds.meet(bound)
            && !self.is_dry_run()
            && let Some(violation) = SafetyViolation::of_bound(bound)
        {
            self.journal.count(violation);
        }
    }
}
