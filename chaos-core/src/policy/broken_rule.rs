//! The rule that an experiment breaks.

use std::fmt;
use std::time::Duration;

use super::{ApproverRole, Freeze, Grade, Holiday, LocalTime};
#[cfg(feature = "files")]
use crate::human;
use crate::{Level, Risk};

/// The rule of a [`Policy`](super::Policy) that an experiment breaks.
///
/// It shows the rule by its key in files, what is allowed, and what the experiment asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BrokenRule {
    /// Its risk is too high.
    HighestRisk {
        /// Its risk.
        risk: Risk,
        /// The highest risk allowed.
        highest: Risk,
    },
    /// It names a protected service.
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
    Longest {
        /// Its risk.
        risk: Risk,
        /// Its time limit, or the time until its end if that is sooner.
        asked: Duration,
        /// The longest time limit allowed.
        longest: Duration,
    },
    /// Nothing may start in a freeze.
    Frozen {
        /// The freeze.
        freeze: Freeze,
        /// The next opening for its risk.
        opens: Option<LocalTime>,
    },
    /// Nothing may start on a holiday.
    Holiday {
        /// The holiday.
        holiday: Holiday,
        /// The next opening for its risk.
        opens: Option<LocalTime>,
    },
    /// No window is open for its risk.
    NoWindow {
        /// Its risk.
        risk: Risk,
        /// The next opening for its risk.
        opens: Option<LocalTime>,
    },
    /// It does not have the approval that it needs.
    Unapproved {
        /// Its risk.
        risk: Risk,
        /// The lowest role that may approve it.
        needs: ApproverRole,
        /// The service of revenue that raised what is needed, if any, and what is wrong with the approvals that came.
        why: String,
    },
    /// Enough others are running.
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
            | Self::Unapproved { .. }
            | Self::AtOnce { .. } => true,
        }
    }
}

impl fmt::Display for BrokenRule {
    #[cfg(feature = "files")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = |opens: &Option<LocalTime>| match opens {
            Some(time) => format!("the next opening is at {time}"),
            None => "there is no opening in the next ten years".to_owned(),
        };
        match self {
            Self::HighestRisk { risk, highest } => write!(
                f,
                "`highest_risk`: expected at most `{highest}`, found `{risk}`"
            ),
            Self::Protected {
                service,
                grade,
                level,
                risk,
            } => {
                write!(
                    f,
                    "`protected`: the grade of `{service}` is `{grade}`, which allows "
                )?;
                match grade {
                    Grade::Absolute => f.write_str("no experiment"),
                    Grade::High => write!(
                        f,
                        "the level `request` (some tags or attributes), found `{level}`"
                    ),
                    Grade::Medium => write!(f, "the risk `low`, found `{risk}`"),
                }
            }
            Self::Longest {
                risk,
                asked,
                longest,
            } => write!(
                f,
                "`longest`: expected a time limit of at most {} at risk `{risk}`, found {}",
                human::format_duration(*longest),
                human::format_duration(*asked)
            ),
            Self::Frozen { freeze, opens } => {
                write!(
                    f,
                    "`freezes`: nothing may start from {freeze}; {}",
                    next(opens)
                )
            }
            Self::Holiday { holiday, opens } => {
                write!(
                    f,
                    "`holidays`: nothing may start on {holiday}; {}",
                    next(opens)
                )
            }
            Self::NoWindow { risk, opens } => {
                write!(
                    f,
                    "`windows`: none is open for risk `{risk}`; {}",
                    next(opens)
                )
            }
            Self::Unapproved { risk, needs, why } => write!(
                f,
                "`approvals`: risk `{risk}` needs the approval of an `{needs}`; {why}"
            ),
            Self::AtOnce { running, at_most } => write!(
                f,
                "`at_most_at_once`: expected at most {at_most} running at once, found {running} already (what is started \
                 together counts as one)"
            ),
        }
    }

    /// Nothing starts in this build, so nothing is refused: its programs need not contain the texts.
    #[cfg(not(feature = "files"))]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`policy`")
    }
}

impl std::error::Error for BrokenRule {}
