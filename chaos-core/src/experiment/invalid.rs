//! The error of an invalid experiment.

use crate::error::{InvalidBlastRadius, InvalidCondition, InvalidPattern, InvalidPressure};

/// An invalid [`Experiment`](crate::Experiment): its name, the key of the problem and the problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("experiment {experiment:?}: {key}: {problem}")]
pub struct InvalidExperiment {
    experiment: String,
    key: String,
    problem: ExperimentProblem,
}

impl InvalidExperiment {
    pub(super) fn new(
        experiment: &str,
        key: impl Into<String>,
        problem: impl Into<ExperimentProblem>,
    ) -> Self {
        Self {
            experiment: experiment.to_owned(),
            key: key.into(),
            problem: problem.into(),
        }
    }

    /// The name of the experiment.
    #[must_use]
    pub fn experiment(&self) -> &str {
        &self.experiment
    }

    /// The key of the problem, as written in files, such as `blast_radius.operation`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The problem at that key.
    #[must_use]
    pub fn problem(&self) -> &ExperimentProblem {
        &self.problem
    }
}

/// The problem of an invalid [`Experiment`](crate::Experiment).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentProblem {
    /// It has no name.
    #[error("expected a name, found an empty string")]
    NoName,
    /// It has no fault.
    #[error("expected at least one fault")]
    NoFault,
    /// It has no blast radius.
    #[error("expected a blast radius")]
    NoBlastRadius,
    /// It has no blast radius, and all its faults are pressures.
    #[error(
        "expected a blast radius; for pressures it is `BlastRadius::everything(Consent::by(\"<name>\")?)`, in files \
         `everything: {{ who: <name> }}`"
    )]
    NoBlastRadiusOfPressure,
    /// Its time limit is zero.
    #[error("expected a time longer than zero")]
    NoTime,
    /// A label has no name.
    #[error("expected labels with names, found an empty one")]
    NoLabelName,
    /// A pressure is invalid.
    #[error(transparent)]
    Pressure(#[from] InvalidPressure),
    /// Its blast radius is invalid.
    #[error(transparent)]
    BlastRadius(#[from] InvalidBlastRadius),
    /// Its pattern is invalid.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// A condition is invalid.
    #[error(transparent)]
    Condition(#[from] InvalidCondition),
}
