//! The form of monkeys in files.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use chaos_core::adapter::{Document, FormatVersion, HumanDuration, check_experiments};
use chaos_core::error::FileError;
use chaos_core::{Experiment, Policy, Rate, Risk, policy_schema};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

use super::{Monkey, PRODUCTION};

const A_DAY: Duration = Duration::from_secs(86_400);

/// A monkey as it is written.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Monkey of chaos-lab")]
#[serde(deny_unknown_fields)]
pub(crate) struct MonkeyFile {
    #[expect(dead_code, reason = "only its presence matters")]
    version: FormatVersion,
    /// The number that all draws come from.
    #[serde(default)]
    seed: u64,
    /// The interval in which it may strike once.
    every: HumanDuration,
    /// The chance of a strike in an interval.
    probability: Rate,
    /// The most strikes of a day.
    #[serde(default = "one")]
    at_most_a_day: NonZeroU32,
    /// The hours, holidays, freezes and other rules of its strikes.
    #[schemars(schema_with = "policy")]
    policy: Policy,
    /// What it may start; all are equally likely.
    experiments: Vec<Experiment>,
    /// Approvals of experiments, as `chaos-lab approve` writes them.
    #[serde(default)]
    approvals: Vec<String>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// The schema of policies inside that of monkeys.
fn policy(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = policy_schema();
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs").map(Value::take) {
        generator.definitions_mut().extend(definitions);
    }
    if let Some(policy) = schema.as_object_mut() {
        // The document that it is a part of has the version.
        policy.retain(|key, _| !key.starts_with('$') && key != "required" && key != "title");
    }
    Schema::try_from(schema).unwrap_or_default()
}

impl Document for MonkeyFile {
    fn check(&self) -> Result<(), FileError> {
        let about = |key: &str, problem: &str| Err(FileError::about(key, problem));
        if self.every.0 < Duration::from_secs(1) {
            return about("every", "expected at least 1s");
        }
        if !self.policy.limits_hours(Risk::Low) {
            return about(
                "policy",
                "expected `windows` that hold for every risk, such as `windows: { low: { days: mon-fri, hours: \"09:00-17:00\" } }`",
            );
        }
        if self.experiments.is_empty() {
            return about("experiments", "expected at least one experiment");
        }
        check_experiments("experiments", &self.experiments)?;
        for (index, experiment) in self.experiments.iter().enumerate() {
            if experiment.runs_for() >= A_DAY {
                let problem =
                    "expected less than a day, as a strike ends on the day on which it begins";
                return about(&format!("experiments[{index}].time_limit"), problem);
            }
            let allowed = self
                .policy
                .check(experiment, PRODUCTION, SystemTime::now(), 0);
            if let Err(broken) = allowed
                && !broken.is_temporary()
            {
                return about(&format!("experiments[{index}]"), &broken.to_string());
            }
        }
        Ok(())
    }
}

impl From<MonkeyFile> for Monkey {
    fn from(file: MonkeyFile) -> Self {
        Self {
            seed: file.seed,
            every: file.every.0,
            probability: file.probability,
            at_most_a_day: file.at_most_a_day,
            policy: file.policy,
            experiments: file.experiments,
            approvals: file.approvals,
        }
    }
}
