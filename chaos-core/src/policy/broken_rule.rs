//! The rule that an experiment breaks.

use std::time::Duration;

use super::{Freeze, Grade, Holiday, LocalTime};
use crate::{Level, Risk, human};

/// The rule of a [`Policy`](super::Policy) that an experiment breaks.
///
/// It shows the rule by its key in files, what is allowed, and what the experiment asks for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokenRule {
    /// Its risk is too high.
    #[error("`highest_risk`: expected at most `{highest}`, found `{risk}`")]
    HighestRisk {
        /// Its risk.
        risk: Risk,
        /// The highest risk allowed.
        highest: Risk,
    },
    /// It names a protected service.
    #[error(
        "`protected`: the grade of `{service}` is `{grade}`, {}",
        match grade {
            Grade::Absolute => "which allows no experiment".to_owned(),
            Grade::High => format!("which allows the level `request` (some tags or attributes), found `{level}`"),
            Grade::Medium => format!("which allows the risk `low`, found `{risk}`"),
        }
    )]
    Protected {
        /// The service.
        service: String,
        /// How far it is protected.
        grade: Grade,
        /// The level of the experiment's blast radius.
        level: Level,
        /// The experiment's risk.
        risk: Risk,
    },
    /// It runs for too long.
    #[error(
        "`longest`: expected a time limit of at most {} at risk `{risk}`, found {}",
        human::format_duration(*longest), human::format_duration(*asked)
    )]
    Longest {
        /// Its risk.
        risk: Risk,
        /// Its time limit, or the time until its end if that is sooner.
        asked: Duration,
        /// The longest time limit allowed.
        longest: Duration,
    },
    /// Nothing may start in a freeze.
    #[error("`freezes`: nothing may start from {freeze}; {}", next(opens.as_ref()))]
    Frozen {
        /// The freeze.
        freeze: Freeze,
        /// The next opening for its risk.
        opens: Option<LocalTime>,
    },
    /// Nothing may start on a holiday.
    #[error("`holidays`: nothing may start on {holiday}; {}", next(opens.as_ref()))]
    Holiday {
        /// The holiday.
        holiday: Holiday,
        /// The next opening for its risk.
        opens: Option<LocalTime>,
    },
    /// No window is open for its risk.
    #[error("`windows`: none is open for risk `{risk}`; {}", next(opens.as_ref()))]
    NoWindow {
        /// Its risk.
        risk: Risk,
        /// The next opening for its risk.
        opens: Option<LocalTime>,
    },
    /// Enough others are running.
    #[error(
        "`at_most_at_once`: expected at most {at_most} running at once, found {running} already (what is started \
         together counts as one)"
    )]
    AtOnce {
        /// The starts of which an experiment is running.
        running: usize,
        /// The number allowed.
        at_most: usize,
    },
}

impl BrokenRule {
    /// Whether the same experiment may be allowed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::HighestRisk { .. } | Self::Protected { .. } | Self::Longest { .. } => false,
            Self::Frozen { .. }
            | Self::Holiday { .. }
            | Self::NoWindow { .. }
            | Self::AtOnce { .. } => true,
        }
    }
}

fn next(opens: Option<&LocalTime>) -> String {
    match opens {
        Some(time) => format!("the next opening is at {time}"),
        None => "there is no opening in the next ten years".to_owned(),
    }
}
