//! What changes the times of scenarios, and whether their faults are applied.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{DEFAULT_TIME_LIMIT, Experiment};

use super::scale::Scale;
use crate::scenario::{Scenario, Stages};

/// A stage below this measures nothing.
const SHORTEST_STAGE: Duration = Duration::from_secs(1);

/// The target counts as steady after five steady seconds, so a shorter recovery can't be seen.
const SHORTEST_RECOVERY: Duration = Duration::from_secs(6);

/// What changes the times of scenarios, and whether their faults are applied.
///
/// Limits of objectives are no times of a scenario, so they stay.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[must_use]
pub struct Tuning {
    scale: Scale,
    inject: Option<Duration>,
    is_dry: bool,
}

/// An experiment that can't be changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TuneError {
    /// The stage with the fault would outlast the time limit that the experiment has.
    #[error("the time limit of `{experiment}`, {limit}, is shorter than a stage of {stage}")]
    TimeLimit {
        /// The experiment.
        experiment: String,
        /// Its time limit.
        limit: HumanDuration,
        /// The length of the stage.
        stage: HumanDuration,
    },
    /// The experiment can't be written as data, or read back.
    #[error("`{experiment}` can't be written to a file: {problem}")]
    Unreadable {
        /// The experiment.
        experiment: String,
        /// The problem.
        problem: String,
    },
}

impl Tuning {
    /// Scales all times: stages, faults, time limits, and the periods of conditions and rate limits.
    pub fn scaled(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Sets the length of the stage with the fault, whatever the scale.
    pub fn injecting_for(mut self, length: Duration) -> Self {
        self.inject = Some(length);
        self
    }

    /// Only decides and journals, and applies no fault.
    pub fn dry(mut self) -> Self {
        self.is_dry = true;
        self
    }

    /// Changes a scenario; one of another scale says so in its name.
    pub(super) fn apply(&self, scenario: &mut Scenario) -> Result<(), TuneError> {
        scenario.stages = self.stages(scenario.stages);
        let inject = scenario.stages.inject.0;
        for experiment in &mut scenario.experiments {
            *experiment = self.experiment(experiment, inject)?;
        }
        if self.scale != Scale::ONE {
            scenario.name = format!("{} at scale {}", scenario.name, self.scale);
        }
        Ok(())
    }

    fn stages(&self, stages: Stages) -> Stages {
        let scaled = |HumanDuration(time), shortest: Duration| {
            HumanDuration(self.scale.time(time).max(shortest.min(time)))
        };
        let mut stages = Stages {
            baseline: scaled(stages.baseline, SHORTEST_STAGE),
            inject: scaled(stages.inject, SHORTEST_STAGE),
            recover: scaled(stages.recover, SHORTEST_RECOVERY),
            cooldown: scaled(stages.cooldown, SHORTEST_STAGE),
        };
        if let Some(inject) = self.inject {
            stages.inject = HumanDuration(inject);
        }
        stages
    }

    fn experiment(
        &self,
        experiment: &Experiment,
        stage: Duration,
    ) -> Result<Experiment, TuneError> {
        let name = || experiment.name().to_owned();
        let limit = experiment.runs_for();
        if self.inject.is_some() && limit < stage && limit != DEFAULT_TIME_LIMIT {
            return Err(TuneError::TimeLimit {
                experiment: name(),
                limit: HumanDuration(limit),
                stage: HumanDuration(stage),
            });
        }
        let unreadable = |error: serde_json::Error| TuneError::Unreadable {
            experiment: name(),
            problem: error.to_string(),
        };
        let mut data = serde_json::to_value(experiment).map_err(unreadable)?;
        for key in ["fault", "faults", "abort_when"] {
            if let Some(value) = data.get_mut(key) {
                self.scale.times_in(value);
            }
        }
        let scaled: Experiment = serde_json::from_value(data).map_err(unreadable)?;
        let scaled = scaled.time_limit(self.scale.time(limit).max(stage));
        Ok(if self.is_dry {
            scaled.dry_run()
        } else {
            scaled
        })
    }
}
