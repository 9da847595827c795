//! Checks an experiment against a policy.

use std::time::{Duration, SystemTime};

use super::{BrokenRule, Grade, Policy};
use crate::{Environment, Experiment, Level, Risk};

impl Policy {
    /// Checks whether an experiment may start, and returns the first rule that it breaks.
    ///
    /// Approvals are checked by [`check_approval`](Self::check_approval). Rules that it breaks at any time come first. `running` is the number of starts of which an experiment is running
    /// now; what is started together counts as one.
    ///
    /// # Errors
    ///
    /// The broken rule.
    pub fn check(
        &self,
        experiment: &Experiment,
        environment: Environment,
        now: SystemTime,
        running: usize,
    ) -> Result<(), BrokenRule> {
        let risk = experiment.risk(environment);
        self.risk(risk)?;
        self.protection(experiment, risk)?;
        self.duration(experiment, risk, now)?;
        self.time(risk, now)?;
        self.at_once(running)
    }

    fn risk(&self, risk: Risk) -> Result<(), BrokenRule> {
        match self.highest_risk {
            Some(highest) if risk > highest => Err(BrokenRule::HighestRisk { risk, highest }),
            _ => Ok(()),
        }
    }

    fn protection(&self, experiment: &Experiment, risk: Risk) -> Result<(), BrokenRule> {
        let Some(radius) = experiment.radius() else {
            return Ok(());
        };
        let level = radius.level();
        match self
            .closed_to(level, risk)
            .find(|(service, _)| radius.names(service))
        {
            Some((service, grade)) => Err(BrokenRule::Protected {
                service: service.to_owned(),
                grade,
                level,
                risk,
            }),
            None => Ok(()),
        }
    }

    /// The services that an experiment of this level and risk must not affect, even if it names none.
    pub(crate) fn closed_to(
        &self,
        level: Level,
        risk: Risk,
    ) -> impl Iterator<Item = (&str, Grade)> {
        self.protected()
            .filter(move |(_, grade)| !grade.allows(level, risk))
    }

    fn duration(
        &self,
        experiment: &Experiment,
        risk: Risk,
        now: SystemTime,
    ) -> Result<(), BrokenRule> {
        let to_the_end = experiment
            .ends_at()
            .map(|end| end.duration_since(now).unwrap_or(Duration::ZERO));
        let asked = experiment
            .runs_for()
            .min(to_the_end.unwrap_or(Duration::MAX));
        match self.longest.of(risk) {
            Some(&longest) if asked > longest => Err(BrokenRule::Longest {
                risk,
                asked,
                longest,
            }),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "files")]
    fn time(&self, risk: Risk, now: SystemTime) -> Result<(), BrokenRule> {
        use super::calendar::Closure;
        use super::{LocalTime, Opening};

        let calendar = self.calendar(risk);
        let opens = match calendar.opening(now) {
            Opening::Open { .. } => return Ok(()),
            Opening::Closed { until } => Some(LocalTime {
                time: until,
                zone: self.time_zone.clone(),
            }),
            Opening::Never => None,
        };
        Err(match calendar.closure(now) {
            Some(Closure::Freeze(freeze)) => BrokenRule::Frozen {
                freeze: freeze.clone(),
                opens,
            },
            Some(Closure::Holiday(&holiday)) => BrokenRule::Holiday { holiday, opens },
            None => BrokenRule::NoWindow { risk, opens },
        })
    }

    /// Without jiff there is no calendar, but neither is there an engine that starts anything.
    #[cfg(not(feature = "files"))]
    fn time(&self, risk: Risk, _now: SystemTime) -> Result<(), BrokenRule> {
        Err(BrokenRule::NoWindow { risk, opens: None })
    }

    fn at_once(&self, running: usize) -> Result<(), BrokenRule> {
        match self.at_most_at_once {
            Some(at_most) if running >= at_most.get() => Err(BrokenRule::AtOnce {
                running,
                at_most: at_most.get(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
