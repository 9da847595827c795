//! Whose approval a start needs.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::InvalidPolicy;
use crate::human::named;
use crate::{Experiment, Level, Risk};

/// The role of an approver; a higher one may give every approval that a lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApproverRole {
    /// Approves a start of moderate risk, also one that they asked for.
    Sre,
    /// Approves any start that another person asked for.
    Executive,
}

named!(ApproverRole {
    Sre => "sre",
    Executive => "executive",
});

/// A person that approves starts, and the public key of their signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: ApproverRole,
    /// Their public key, as `ssh-keygen` writes it to a `.pub` file.
    pub key: String,
}

impl Approver {
    /// Whether this is their name, in any case and with any space around it.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name.trim().to_lowercase() == name.trim().to_lowercase()
    }
}

/// Whose approval a start needs, by its risk; the key `approvals` of a [`Policy`](super::Policy).
///
/// | risk | approval |
/// |---|---|
/// | low | none |
/// | moderate | that of an approver in any role |
/// | high, critical | that of an [executive](ApproverRole::Executive) other than the person that asked for it, with a text of consent, and after a period of notice |
///
/// A service of [`revenue`](Self::revenue) raises what is needed by one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct ApprovalRules {
    approvers: Vec<Approver>,
    #[serde(with = "crate::human::duration_text")]
    notice: Duration,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    revenue: BTreeSet<String>,
}

impl ApprovalRules {
    /// The default period of notice: three days.
    pub const NOTICE: Duration = Duration::from_secs(72 * 60 * 60);

    /// Creates the rules with the approvers.
    ///
    /// # Errors
    ///
    /// When there is none, one has no name, or two have the same name.
    pub fn new(approvers: impl IntoIterator<Item = Approver>) -> Result<Self, InvalidPolicy> {
        let approvers = Vec::from_iter(approvers);
        if approvers.is_empty() {
            return Err(InvalidPolicy::NoApprovers);
        }
        for (at, approver) in approvers.iter().enumerate() {
            if approver.name.trim().is_empty() {
                return Err(InvalidPolicy::NoApproverName);
            }
            let mut earlier = approvers[..at].iter();
            if earlier.any(|earlier| earlier.is_named(&approver.name)) {
                return Err(InvalidPolicy::ApproversAlike(approver.name.clone()));
            }
        }
        Ok(Self {
            approvers,
            notice: Self::NOTICE,
            revenue: BTreeSet::new(),
        })
    }

    /// Sets the time from asking to the earliest start at high risk; defaults to [`NOTICE`](Self::NOTICE).
    pub fn notice(mut self, notice: Duration) -> Self {
        self.notice = notice;
        self
    }

    /// Adds a service on which revenue depends.
    pub fn revenue(mut self, service: impl Into<String>) -> Self {
        self.revenue.insert(service.into());
        self
    }

    /// The approvers.
    pub fn approvers(&self) -> &[Approver] {
        &self.approvers
    }

    /// The time from asking to the earliest start at high risk.
    #[must_use]
    pub fn period_of_notice(&self) -> Duration {
        self.notice
    }

    /// Returns the lowest role that may approve this experiment, unless it needs no approval.
    #[must_use]
    pub fn needed(&self, experiment: &Experiment, risk: Risk) -> Option<ApproverRole> {
        let of_risk = match risk {
            Risk::Low => 0,
            Risk::Moderate => 1,
            Risk::High | Risk::Critical => 2,
        };
        match of_risk + u8::from(self.revenue_affected(experiment).is_some()) {
            0 => None,
            1 => Some(ApproverRole::Sre),
            _ => Some(ApproverRole::Executive),
        }
    }

    /// The first service of revenue that an experiment may affect.
    pub(super) fn revenue_affected(&self, experiment: &Experiment) -> Option<&str> {
        let radius = experiment.radius()?;
        let mut services = self.revenue.iter().map(String::as_str);
        services.find(|service| radius.level() == Level::System || radius.names(service))
    }
}

impl<'de> Deserialize<'de> for ApprovalRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            approvers: Vec<Approver>,
            #[serde(default = "notice", with = "crate::human::duration_text")]
            notice: Duration,
            #[serde(default)]
            revenue: BTreeSet<String>,
        }
        fn notice() -> Duration {
            ApprovalRules::NOTICE
        }
        let read = Read::deserialize(deserializer)?;
        let rules = Self::new(read.approvers).map_err(serde::de::Error::custom)?;
        Ok(Self {
            revenue: read.revenue,
            ..rules.notice(read.notice)
        })
    }
}

#[cfg(all(test, feature = "files"))]
#[path = "approval_rules_tests.rs"]
mod tests;
