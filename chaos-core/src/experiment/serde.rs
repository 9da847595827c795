//! Experiments in files.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::check::only_presses;
use super::{DEFAULT_TIME_LIMIT, Experiment, Risk};
use crate::consent::ConsentsInFile;
use crate::human::{self, Listed, OneOrMany};
use crate::{BlastRadius, Condition, Consents, Fault, Pattern, Phase};

/// The keys in the order of writing: tables come last, as TOML requires.
#[derive(Serialize)]
struct Written<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "is_default")]
    phase: Phase,
    #[serde(
        skip_serializing_if = "is_default_limit",
        with = "human::duration_text"
    )]
    time_limit: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<human::HumanTimestamp>,
    #[serde(skip_serializing_if = "is_default")]
    dry_run: bool,
    #[serde(skip_serializing_if = "is_default")]
    allow_collateral: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk_at_least: Option<Risk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a Fault>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    faults: &'a [Fault],
    #[serde(skip_serializing_if = "Option::is_none")]
    blast_radius: Option<&'a BlastRadius>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'a Pattern>,
    #[serde(skip_serializing_if = "is_default")]
    consent: Consents,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    abort_when: &'a [Condition],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
}

impl Serialize for Experiment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (fault, faults) = match self.faults.as_slice() {
            [fault] => (Some(fault), [].as_slice()),
            faults => (None, faults),
        };
        Written {
            name: &self.name,
            why: self.why.as_deref(),
            owner: self.owner.as_deref(),
            phase: self.phase,
            time_limit: self.time_limit,
            until: self.until.map(human::HumanTimestamp),
            dry_run: self.dry_run,
            allow_collateral: self.allow_collateral,
            risk_at_least: self.risk_at_least,
            fault,
            faults,
            blast_radius: self.blast_radius.as_ref(),
            pattern: self.pattern.as_ref(),
            consent: self.consents.clone(),
            abort_when: &self.abort_when,
            labels: &self.labels,
        }
        .serialize(serializer)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_default_limit(limit: &Duration) -> bool {
    *limit == DEFAULT_TIME_LIMIT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    name: String,
    why: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    // One key with two spellings, so that both together are a duplicate.
    #[serde(alias = "faults")]
    fault: OneOrMany<Fault>,
    blast_radius: Option<BlastRadius>,
    #[serde(default)]
    phase: Phase,
    pattern: Option<Pattern>,
    #[serde(default = "default_limit", with = "human::duration_text")]
    time_limit: Duration,
    until: Option<human::HumanTimestamp>,
    #[serde(default)]
    abort_when: Vec<Condition>,
    #[serde(default)]
    dry_run: bool,
    consent: Option<ConsentsInFile>,
    #[serde(default)]
    allow_collateral: bool,
    risk_at_least: Option<Risk>,
}

fn default_limit() -> Duration {
    DEFAULT_TIME_LIMIT
}

impl<'de> Deserialize<'de> for Experiment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        if read.blast_radius.is_none() {
            return Err(if only_presses(&read.fault.0) {
                D::Error::custom(
                    "expected the key `blast_radius`, which for `exhaust` is { everything: { who: <name> } }",
                )
            } else {
                D::Error::missing_field("blast_radius")
            });
        }
        Ok(Self {
            name: read.name,
            why: read.why,
            owner: read.owner,
            labels: read.labels,
            faults: read.fault.0,
            blast_radius: read.blast_radius,
            phase: read.phase,
            pattern: read.pattern,
            time_limit: read.time_limit,
            until: read.until.map(|human::HumanTimestamp(end)| end),
            abort_when: read.abort_when,
            dry_run: read.dry_run,
            consents: read
                .consent
                .map_or_else(Consents::default, |ConsentsInFile(given)| given),
            allow_collateral: read.allow_collateral,
            risk_at_least: read.risk_at_least,
        })
    }
}

impl Listed for Fault {
    const EXPECTED: &'static str = "a fault such as { latency: 200ms }, or a list of faults";
}
