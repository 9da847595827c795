//! Policies in files.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use serde::de::{Error, MapAccess};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::by_risk::ByRisk;
use super::{ApprovalRules, Freeze, Grade, Holiday, InvalidPolicy, Policy, Window, Zone};
use crate::Risk;
use crate::file::FormatVersion;
use crate::human::{self, FromMap, HumanDuration, OneOrMany};

/// The keys of a file, in the order of writing: tables come last, as TOML requires.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    /// None where a policy is a part of another document, which has the version; a file's is checked first.
    version: Option<FormatVersion>,
    #[serde(default)]
    time_zone: Zone,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most_at_once: Option<Starts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest_risk: Option<Risk>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    holidays: BTreeSet<Holiday>,
    #[serde(default, skip_serializing_if = "ByRisk::is_empty")]
    longest: ByRisk<Longest>,
    #[serde(default, skip_serializing_if = "Services::is_empty")]
    protected: Services,
    #[serde(default, skip_serializing_if = "ByRisk::is_empty")]
    windows: ByRisk<Windows>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    freezes: Vec<Freeze>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approvals: Option<ApprovalRules>,
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let policy = self.clone();
        InFile {
            version: Some(FormatVersion),
            time_zone: policy.time_zone,
            at_most_at_once: policy.at_most_at_once.map(Starts),
            highest_risk: policy.highest_risk,
            holidays: policy.holidays,
            longest: policy.longest.map(Longest),
            protected: Services(policy.protected),
            windows: policy.windows.map(Windows),
            freezes: policy.freezes,
            approvals: policy.approvals,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = InFile::deserialize(deserializer)?;
        Ok(Self {
            time_zone: read.time_zone,
            windows: read.windows.map(|Windows(windows)| windows),
            holidays: read.holidays,
            freezes: read.freezes,
            protected: read.protected.0,
            at_most_at_once: read.at_most_at_once.map(|Starts(starts)| starts),
            highest_risk: read.highest_risk,
            longest: read.longest.map(|Longest(longest)| longest),
            approvals: read.approvals,
        })
    }
}

#[cfg(feature = "files")]
impl crate::file::Document for Policy {}

/// A number of starts.
#[derive(Serialize)]
struct Starts(NonZeroUsize);

impl<'de> Deserialize<'de> for Starts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::converted_number(deserializer, "a whole number of at least 1", |starts| {
            let starts = usize::try_from(starts).unwrap_or(usize::MAX);
            NonZeroUsize::new(starts).ok_or(InvalidPolicy::NoStarts)
        })
        .map(Self)
    }
}

/// The longest duration at one risk.
struct Longest(Duration);

impl Serialize for Longest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        HumanDuration(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Longest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let HumanDuration(longest) = HumanDuration::deserialize(deserializer)?;
        if longest.is_zero() {
            return Err(D::Error::custom(InvalidPolicy::NoTime));
        }
        Ok(Self(longest))
    }
}

/// The windows of one risk.
#[derive(Serialize)]
struct Windows(Vec<Window>);

impl<'de> Deserialize<'de> for Windows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let OneOrMany(windows) = OneOrMany::deserialize(deserializer)?;
        if windows.is_empty() {
            return Err(D::Error::custom(InvalidPolicy::NoWindows));
        }
        Ok(Self(windows))
    }
}

/// The grades of services by name.
#[derive(Default, Serialize)]
struct Services(BTreeMap<String, Grade>);

impl Services {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

human::deserialize_by!(human::from_map: Services);

impl FromMap for Services {
    const EXPECTED: &'static str = "the grades of services, such as { payments: absolute }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut grades = BTreeMap::new();
        while let Some(service) = map.next_key::<String>()? {
            if service.is_empty() {
                return Err(human::reject_entry(&mut map, InvalidPolicy::NoService));
            }
            let mut grade = grades.remove(&service);
            human::read_once(&mut map, &service, &mut grade)?;
            grades.extend(grade.map(|grade| (service, grade)));
        }
        Ok(Self(grades))
    }
}

#[cfg(all(test, feature = "files"))]
#[path = "serde_tests.rs"]
mod tests;
