//! Verdicts: what a run says about an objective.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::statistics::{Estimate, Judgement};

/// What a run says about an objective.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The true value is within the limit, with a confidence of 95 %.
    Met,
    /// The true value is beyond the limit, with a confidence of 95 %.
    Violated,
    /// The measurement decides neither.
    Inconclusive {
        /// The reason.
        why: String,
        /// The number of requests, or probes, that would have decided.
        needed: Option<u64>,
    },
    /// The run was stopped before it could be judged.
    Aborted {
        /// The reason.
        why: String,
    },
    /// The fault did not do what the scenario claims, so nothing was tested.
    NotRun {
        /// The reason.
        why: String,
    },
    /// There was nothing to measure, such as a recovery where nothing failed.
    NotApplicable {
        /// The reason.
        why: String,
    },
}

impl Verdict {
    /// A verdict that decides neither, for this reason.
    #[must_use]
    pub fn inconclusive(why: impl Into<String>) -> Self {
        Self::Inconclusive {
            why: why.into(),
            needed: None,
        }
    }

    /// The verdict on a value that must not exceed a limit, with the reason for one that the measurement leaves undecided.
    pub(crate) fn of_at_most(limit: f64, measured: &Estimate, undecided: &str) -> Self {
        match measured.judge_at_most(limit) {
            Judgement::Within => Self::Met,
            Judgement::Beyond => Self::Violated,
            Judgement::Undecided => Self::inconclusive(undecided),
        }
    }

    /// The verdict on a time that is measured in whole seconds.
    pub(crate) fn of_time(limit: f64, measured: &Estimate) -> Self {
        Self::of_at_most(limit, measured, "times are measured in whole seconds")
    }

    pub(crate) fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable { why: why.into() }
    }

    /// The verdict of a whole run: the worst of its parts.
    ///
    /// A run in which nothing was applicable has shown nothing, so it is inconclusive.
    #[must_use]
    pub fn worst<'a>(verdicts: impl IntoIterator<Item = &'a Self>) -> Self {
        let worst = verdicts
            .into_iter()
            .max_by_key(|verdict| verdict.severity());
        match worst {
            None | Some(Self::NotApplicable { .. }) => {
                Self::inconclusive("no objective could be judged")
            }
            Some(worst) => worst.clone(),
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Violated => "violated",
            Self::Inconclusive { .. } => "inconclusive",
            Self::Aborted { .. } => "aborted",
            Self::NotRun { .. } => "not run",
            Self::NotApplicable { .. } => "not applicable",
        }
    }

    /// Its reason, unless the measurement alone is the reason.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Met | Self::Violated => None,
            Self::Inconclusive {
                why,
                needed: Some(needed),
            } => Some(format!("{why}; {needed} would have decided")),
            Self::Inconclusive { why, needed: None }
            | Self::Aborted { why }
            | Self::NotRun { why }
            | Self::NotApplicable { why } => Some(why.clone()),
        }
    }

    fn severity(&self) -> u8 {
        match self {
            Self::NotApplicable { .. } => 0,
            Self::Met => 1,
            Self::Inconclusive { .. } => 2,
            Self::Violated => 3,
            Self::Aborted { .. } => 4,
            Self::NotRun { .. } => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_as_good_as_its_worst_objective() {
        let absorbed = Verdict::not_applicable("nothing failed");
        let undecided = Verdict::inconclusive("too few requests");
        let worst = |verdicts: &[Verdict]| Verdict::worst(verdicts);
        assert_eq!(worst(&[Verdict::Met, absorbed.clone()]), Verdict::Met);
        assert_eq!(worst(&[undecided.clone(), Verdict::Met]), undecided);
        assert_eq!(worst(&[undecided, Verdict::Violated]), Verdict::Violated);
        assert!(matches!(worst(&[absorbed]), Verdict::Inconclusive { .. }));
        assert!(matches!(worst(&[]), Verdict::Inconclusive { .. }));
    }
}
