//! Why an experiment is refused.

use crate::error::{InvalidBlastRadius, InvalidCondition, InvalidPattern, InvalidPressure};

/// Why an [`Experiment`](crate::Experiment) is refused: which one, at which key, and what was
/// expected.
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

    /// The key that is wrong, as written in files, such as `blast_radius.operation`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self) -> &ExperimentProblem {
        &self.problem
    }
}

/// What is wrong with an [`Experiment`](crate::Experiment).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentProblem {
    /// It has no name.
    #[error("expected a name, found an empty text")]
    NoName,
    /// It has no fault.
    #[error("expected at least one fault")]
    NoFault,
    /// It does not say where it strikes.
    #[error("expected a blast radius")]
    NoBlastRadius,
    /// It does not say where it strikes, and all its faults are pressures.
    #[error(
        "expected a blast radius, which for pressure is `BlastRadius::everything(Consent::because(\"…\"))`, in files \
         `everything: <why>`"
    )]
    NoBlastRadiusOfPressure,
    /// It would end when it starts.
    #[error("expected a time longer than zero")]
    NoTime,
    /// Its consent gives no reason.
    #[error("expected the reason for the consent, found an empty text")]
    NoReason,
    /// A label has no name.
    #[error("expected labels with names, found an empty one")]
    NoLabelName,
    /// A pressure makes no sense.
    #[error(transparent)]
    Pressure(#[from] InvalidPressure),
    /// Its blast radius makes no sense.
    #[error(transparent)]
    BlastRadius(#[from] InvalidBlastRadius),
    /// Its pattern makes no sense.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// A condition makes no sense.
    #[error(transparent)]
    Condition(#[from] InvalidCondition),
}
