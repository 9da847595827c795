//! Scenarios as they are planned for a target.

use super::Scenario;

/// A scenario as it is planned for a target.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Planned {
    /// One that can be run.
    Run(Box<Scenario>),
    /// One that the target has no place for.
    Unfit {
        /// Its name.
        scenario: String,
        /// The reason.
        why: String,
    },
}

impl Planned {
    /// The name of the scenario.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Run(scenario) => &scenario.name,
            Self::Unfit { scenario, .. } => scenario,
        }
    }

    /// The scenario, if it can be run.
    #[must_use]
    pub fn scenario(&self) -> Option<&Scenario> {
        match self {
            Self::Run(scenario) => Some(scenario),
            Self::Unfit { .. } => None,
        }
    }
}

impl From<Scenario> for Planned {
    fn from(scenario: Scenario) -> Self {
        Self::Run(Box::new(scenario))
    }
}

impl From<&Scenario> for Planned {
    fn from(scenario: &Scenario) -> Self {
        scenario.clone().into()
    }
}
