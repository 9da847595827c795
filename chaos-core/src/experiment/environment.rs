//! The environments in which a service runs.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::human::{self, named};

/// The environment in which a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Environment {
    /// A developer's machine.
    Development,
    /// An automated test.
    Test,
    /// A system on which releases are tested.
    Staging,
    /// The system that serves real users.
    Production,
}

named!(Environment {
    Development => "development",
    Test => "test",
    Staging => "staging",
    Production => "production",
});

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|environment| environment.name() == name)
            .ok_or_else(|| UnknownEnvironment {
                given: name.to_owned(),
            })
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_text(
            deserializer,
            "an environment such as \"test\"",
            str::parse::<Self>,
        )
    }
}

/// A text that is not the name of an [`Environment`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of `development`, `test`, `staging`, `production`, found {given:?}")]
pub struct UnknownEnvironment {
    given: String,
}

impl UnknownEnvironment {
    /// The given text.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for &environment in Environment::ALL {
            assert_eq!(environment.name().parse(), Ok(environment));
            let written = serde_json::to_value(environment).unwrap();
            assert_eq!(written, environment.name());
            assert_eq!(
                serde_json::from_value::<Environment>(written).unwrap(),
                environment
            );
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let refused = "prod".parse::<Environment>().unwrap_err();
        assert_eq!(refused.given(), "prod");
        for environment in Environment::ALL {
            assert!(refused.to_string().contains(environment.name()));
        }
    }
}
