//! Objectives: the limits that a service is judged by, named sets of them, and those at which a run is given up.

use std::time::Duration;

use chaos_core::Rate;
use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Defines the limits, and a plan that has some of them.
macro_rules! objectives {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// The limits that a service is judged by.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct Objectives {
            $($(#[$doc])* pub $name: $type,)*
        }

        /// A profile, and limits that differ from it.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct ObjectivesPlan {
            /// The profile.
            pub profile: Profile,
            $($(#[$doc])* pub $name: Option<$type>,)*
        }

        impl ObjectivesPlan {
            /// The limits.
            #[must_use]
            pub fn limits(&self) -> Objectives {
                let profile = self.profile.limits();
                Objectives { $($name: self.$name.unwrap_or(profile.$name),)* }
            }

            /// This plan, with limits of another one in place of those that only its profile has.
            #[must_use]
            pub fn or(self, others: &Self) -> Self {
                Self { profile: self.profile, $($name: self.$name.or(others.$name),)* }
            }
        }
    };
}

objectives! {
    /// The highest share of failed requests during the fault.
    error_rate: Rate,
    /// The highest share of failed requests in a second that counts as steady, before and after the fault.
    steady_error_rate: Rate,
    /// The lowest share of good health probes, from the start of the fault on.
    availability: Rate,
    /// The largest difference between the 95th percentiles of latency during and before the fault.
    latency_degradation: HumanDuration,
    /// The longest time from the first failed second to the first of five steady ones.
    mttr: HumanDuration,
    /// The longest time from the end of the fault to the first of five steady seconds.
    recovery: HumanDuration,
}

/// A named set of limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Profile {
    /// The limits that hold unless others are named.
    #[default]
    Default,
    /// 60 s to repair, 10 % errors, 90 % availability.
    Development,
    /// 45 s to repair, 5 % errors, 95 % availability.
    Staging,
    /// 30 s to repair, 1 % errors, 99 % availability.
    Production,
    /// Two minutes to repair, 95 % availability.
    Team,
}

impl Profile {
    /// The limits of the profile.
    #[must_use]
    pub fn limits(self) -> Objectives {
        let (mttr, errors, availability) = match self {
            Self::Default => (30, 5.0, 95.0),
            Self::Development => (60, 10.0, 90.0),
            Self::Staging => (45, 5.0, 95.0),
            Self::Production => (30, 1.0, 99.0),
            Self::Team => (120, 5.0, 95.0),
        };
        Objectives {
            error_rate: percent(errors),
            steady_error_rate: percent(errors),
            availability: percent(availability),
            latency_degradation: HumanDuration(Duration::from_millis(500)),
            mttr: HumanDuration(Duration::from_secs(mttr)),
            recovery: HumanDuration(Duration::from_secs(10)),
        }
    }
}

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).expect("the percentages of profiles are rates")
}

/// The conditions that end a run early.
///
/// All of them together end a run that kept its limits in at most one of twenty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AbortPlan {
    /// The share of failed requests that is too much; defaults to 50 %.
    pub error_rate: Option<Rate>,
    /// The share of good health probes that is too little.
    pub availability: Option<Rate>,
    /// The share of looks at the business rules that found them to hold that is too little.
    pub business_rules: Option<Rate>,
}

impl Default for AbortPlan {
    fn default() -> Self {
        Self {
            error_rate: Rate::percent(50.0).ok(),
            availability: None,
            business_rules: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_its_own_replaces_that_of_the_profile() {
        let plan: ObjectivesPlan =
            serde_json::from_str(r#"{ "profile": "production", "mttr": "5s" }"#).unwrap();
        let limits = plan.limits();
        assert_eq!(limits.mttr, HumanDuration(Duration::from_secs(5)));
        assert_eq!(limits.error_rate, percent(1.0));
        assert_eq!(limits.availability, percent(99.0));
        assert_eq!(
            ObjectivesPlan::default().limits(),
            Profile::Default.limits()
        );
    }
}
