//! The risk of an experiment.

use serde::{Deserialize, Serialize};

use super::{Environment, Experiment};
use crate::human::named;
use crate::{FaultKind, Level};

/// The harm that an experiment can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Risk {
    /// Hardly any harm.
    Low,
    /// Some harm that users may notice.
    Moderate,
    /// Much harm.
    High,
    /// Up to a complete outage.
    Critical,
}

named!(Risk {
    Low => "low",
    Moderate => "moderate",
    High => "high",
    Critical => "critical",
});

impl Experiment {
    /// The harm that it can do in an environment.
    ///
    /// It starts from the level of the blast radius, from [`Risk::Low`] for some requests to [`Risk::Critical`] for
    /// everything. A fault that changes data, panics or makes a resource scarce raises it by one step, one that ends the
    /// process by two. Production raises it by one step, development and tests lower it by one. A dry run has low risk.
    /// [`Experiment::risk_at_least`] never lowers the result.
    #[must_use]
    pub fn risk(&self, environment: Environment) -> Risk {
        let computed = if self.is_dry_run() {
            Risk::Low
        } else {
            self.computed_risk(environment)
        };
        self.least_risk()
            .map_or(computed, |least| computed.max(least))
    }

    fn computed_risk(&self, environment: Environment) -> Risk {
        let level = match self.radius().map(crate::BlastRadius::level) {
            None | Some(Level::Request) => 0,
            Some(Level::Service) => 1,
            Some(Level::Cluster) => 2,
            Some(Level::System) => 3,
        };
        let severity = self
            .faults()
            .iter()
            .map(|fault| severity(fault.kind()))
            .max()
            .unwrap_or(0);
        let place = match environment {
            Environment::Development | Environment::Test => -1,
            Environment::Staging => 0,
            Environment::Production => 1,
        };
        match level + severity + place {
            ..=0 => Risk::Low,
            1 => Risk::Moderate,
            2 => Risk::High,
            3.. => Risk::Critical,
        }
    }
}

fn severity(kind: FaultKind) -> i32 {
    match kind {
        FaultKind::Latency
        | FaultKind::Error
        | FaultKind::Timeout
        | FaultKind::RateLimit
        | FaultKind::CircuitBreak
        | FaultKind::Disconnect
        | FaultKind::Bandwidth
        | FaultKind::Slice
        | FaultKind::Loss => 0,
        FaultKind::Corrupt
        | FaultKind::Panic
        | FaultKind::ServerSleep
        | FaultKind::HoldConnections
        | FaultKind::HoldLock
        | FaultKind::Exhaust => 1,
        FaultKind::Crash => 2,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{BlastRadius, Consent, Crash, Fault};

    fn slow(radius: BlastRadius) -> Experiment {
        Experiment::new("x")
            .fault(Fault::latency(Duration::from_secs(1)))
            .blast_radius(radius)
    }

    fn payments() -> BlastRadius {
        BlastRadius::calls_to("payments")
    }

    #[test]
    fn the_level_sets_the_risk() {
        for (radius, risk) in [
            (payments().tagged("canary"), Risk::Low),
            (payments(), Risk::Moderate),
            (BlastRadius::services(["a", "b"]), Risk::High),
            (
                BlastRadius::everything(Consent::by("y").unwrap()),
                Risk::Critical,
            ),
        ] {
            assert_eq!(slow(radius).risk(Environment::Staging), risk);
        }
    }

    #[test]
    fn the_environment_raises_or_lowers_the_risk() {
        let risk_in = |environment| slow(payments()).risk(environment);
        assert_eq!(risk_in(Environment::Development), Risk::Low);
        assert_eq!(risk_in(Environment::Test), Risk::Low);
        assert_eq!(risk_in(Environment::Staging), Risk::Moderate);
        assert_eq!(risk_in(Environment::Production), Risk::High);
    }

    #[test]
    fn the_worst_fault_raises_the_risk() {
        let risk_with = |fault| slow(payments()).fault(fault).risk(Environment::Staging);
        assert_eq!(risk_with(Fault::reset()), Risk::Moderate);
        assert_eq!(risk_with(Fault::panic()), Risk::High);
        assert_eq!(risk_with(Fault::crash(Crash::Abort)), Risk::Critical);
    }

    #[test]
    fn a_minimum_risk_only_raises_the_risk() {
        let risk_of = |least| {
            slow(payments())
                .risk_at_least(least)
                .risk(Environment::Staging)
        };
        assert_eq!(risk_of(Risk::Low), Risk::Moderate);
        assert_eq!(risk_of(Risk::Critical), Risk::Critical);
    }

    #[test]
    fn a_dry_run_has_low_risk_unless_raised() {
        let dry = || slow(payments()).fault(Fault::crash(Crash::Abort)).dry_run();
        assert_eq!(dry().risk(Environment::Production), Risk::Low);
        let raised = dry().risk_at_least(Risk::High);
        assert_eq!(raised.risk(Environment::Production), Risk::High);
    }
}
