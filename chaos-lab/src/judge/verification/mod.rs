//! Whether each experiment did what its scenario claims: what was asked, against what was reached.

mod delay;
mod evidence;
mod rate;

use std::time::Duration;

use chaos_core::pressure::PressureLevel;
use chaos_core::{EndReason, ExperimentStatus, Fault};

use self::evidence::Evidence;
use super::recorded::Recorded;
use crate::Verdict;
use crate::report::{ExperimentReached, ReachedPressure, ReachedRate};
use crate::scenario::{Stage, crashes};

/// The share of runs in which chance alone makes a rate look as if it was not asked for, all experiments together.
const REFUSED_BY_CHANCE: f64 = 0.0008;

/// The share of a requested pressure that must be reached.
const PRESSURE_REACHED: f64 = 0.95;

/// The share of its stage that an experiment must be in force for.
const IN_FORCE: f64 = 0.95;

/// The time by which the lab may see the end of an experiment too late.
const LATE: Duration = Duration::from_millis(500);

impl Recorded<'_> {
    /// What was asked of each experiment, and what it reached.
    pub(super) fn reached(&self) -> Vec<ExperimentReached> {
        let experiments = &self.opened.scenario.experiments;
        let confidence = 1.0 - REFUSED_BY_CHANCE / 2.0 / experiments.len().max(1) as f64;
        let all = experiments.iter().map(|one| Evidence::of(self, one));
        all.map(|evidence| evidence.reached(confidence)).collect()
    }
}

impl Evidence<'_> {
    /// A record that ends early claims nothing, so nothing in it falls short.
    fn reached(&self, confidence: f64) -> ExperimentReached {
        let has_crashed = crashes(self.experiment) && self.has_crashed();
        let status = self.status;
        let rate = status.map(|status| &status.rate);
        let drawn = rate.and_then(|rate| rate::drawn(rate, self.cluster(), confidence));
        let shortfall = || match status {
            // What it reached is gone with the process that it ended.
            None if has_crashed => None,
            None => Some(self.not_run("was unknown to the target when its stage ended")),
            Some(status) => self
                .absence(status)
                .or_else(|| Some(self.not_run(&rate::shortfall(&status.rate, drawn?)?)))
                .or_else(|| self.other_delay(status))
                .or_else(|| self.lower_pressure(&status.pressure)),
        };
        ExperimentReached {
            experiment: self.experiment.name().to_owned(),
            struck: match status {
                None if has_crashed => 1,
                None => self.injected().count() as u64,
                Some(status) => status.injected,
            },
            delay: status.and_then(|status| self.delay(status)),
            pressure: status.map_or_else(Vec::new, |status| {
                status.pressure.iter().map(reached_pressure).collect()
            }),
            shortfall: match self.recorded.ended_early() {
                None => shortfall(),
                Some(_) => None,
            },
            rate: rate.map(|rate| ReachedRate {
                asked: rate.asked,
                covered: rate.covered,
                drawn,
                bounded_by: rate.bounded_by.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    /// Why it did not strike, or not as long as its stage lasted.
    fn absence(&self, status: &ExperimentStatus) -> Option<Verdict> {
        if status.dry_run {
            return Some(self.not_run("was a dry run"));
        }
        let ended = self.ended_by_itself();
        let strikes_operations = !self.experiment.faults().iter().all(is_pressure);
        if strikes_operations && status.injected == 0 {
            let reason = ended.map(|(_, reason)| reason.to_string());
            let why = reason.or_else(|| self.why_idle().map(str::to_owned));
            return Some(self.not_run(&format!("struck no operation{}", because(why.as_deref()))));
        }
        let (at, reason) = ended?;
        let stage = self.recorded.span(Stage::Inject);
        let (in_force, length) = (at.saturating_sub(stage.start), stage.end - stage.start);
        if in_force + LATE >= length.mul_f64(IN_FORCE) {
            return None;
        }
        let [in_force, length] = [in_force, length].map(|time| time.as_secs_f64());
        let why = format!("was in force for {in_force:.1} of {length:.1} s: {reason}");
        Some(match reason {
            // Its definition contradicts its stage.
            EndReason::TimeLimit => self.not_run(&why),
            _ => Verdict::Aborted {
                why: self.about(&why),
            },
        })
    }

    /// Why its pressures are lower than asked for, if one is.
    fn lower_pressure(&self, levels: &[PressureLevel]) -> Option<Verdict> {
        if levels.is_empty() && self.experiment.faults().iter().any(is_pressure) {
            return Some(self.not_run("exerted no pressure"));
        }
        // Clocks can be behind, too.
        let falls_short = |level: &&PressureLevel| {
            level.achieved.abs() < level.requested.abs() * PRESSURE_REACHED
        };
        let level = levels.iter().find(falls_short)?;
        let why = because(self.why_short(level.kind));
        Some(self.not_run(&format!("did not reach its pressure, {level}{why}")))
    }

    fn not_run(&self, why: &str) -> Verdict {
        Verdict::NotRun {
            why: self.about(why),
        }
    }

    fn about(&self, why: &str) -> String {
        format!("the experiment `{}` {why}", self.experiment.name())
    }
}

fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!(": {why}"))
}

fn reached_pressure(level: &PressureLevel) -> ReachedPressure {
    ReachedPressure {
        kind: level.kind.to_string(),
        asked: level.requested,
        reached: level.achieved,
        text: level.to_string(),
    }
}

fn is_pressure(fault: &Fault) -> bool {
    matches!(fault, Fault::Exhaust(_))
}

#[cfg(test)]
pub(super) mod tests;
