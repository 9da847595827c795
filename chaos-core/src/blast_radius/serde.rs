//! Blast radii in files: `{ calls_to: payments, operation: "POST /charge/*", rate: 10% }`.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::MapAccess;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{BlastRadius, RateOf, Selector, SiteKind};
use crate::human::{self, FromMap, Listed, OneOrMany};
use crate::{OperationGlob, Rate, Tag};

const BOUNDS: [&str; 8] = [
    "operation",
    "attributes",
    "tagged",
    "rate",
    "transaction_rate",
    "at_most",
    "concurrent",
    "share_of_instances",
];

impl Serialize for BlastRadius {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let key = self.selector.key();
        match &self.selector {
            Selector::Sites { service, .. } => map.serialize_entry(key, service)?,
            Selector::Services(services) => map.serialize_entry(key, services)?,
            Selector::Everything(_) => {}
        }
        if let Some(operation) = &self.operation {
            map.serialize_entry("operation", operation)?;
        }
        match self.rate_of {
            RateOf::Operations if self.rate == Rate::ALWAYS => {}
            RateOf::Operations => map.serialize_entry("rate", &self.rate)?,
            RateOf::Transactions => map.serialize_entry("transaction_rate", &self.rate)?,
        }
        if let Some(total) = self.at_most {
            map.serialize_entry("at_most", &total)?;
        }
        if let Some(operations) = self.concurrent {
            map.serialize_entry("concurrent", &operations)?;
        }
        if self.share_of_instances != Rate::ALWAYS {
            map.serialize_entry("share_of_instances", &self.share_of_instances)?;
        }
        if let (Some(tag), 1) = (self.tags.first(), self.tags.len()) {
            map.serialize_entry("tagged", tag)?;
        } else if !self.tags.is_empty() {
            map.serialize_entry("tagged", &self.tags)?;
        }
        // Last, because TOML requires tables after plain values.
        if let Selector::Everything(consent) = &self.selector {
            map.serialize_entry(key, consent)?;
        }
        if !self.attributes.is_empty() {
            map.serialize_entry("attributes", &self.attributes)?;
        }
        map.end()
    }
}

human::deserialize_by!(human::from_map: BlastRadius);

impl FromMap for BlastRadius {
    const EXPECTED: &'static str = "a blast radius such as { calls_to: payments, rate: 10% }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut selected: Option<BlastRadius> = None;
        let mut operation = None;
        let mut attributes: Option<BTreeMap<String, OperationGlob>> = None;
        let mut tagged = None;
        let mut rate = None;
        let mut transaction_rate = None;
        let mut at_most = None;
        let mut concurrent = None;
        let mut share_of_instances = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "operation" => human::read_once(&mut map, &key, &mut operation)?,
                "attributes" => human::read_once(&mut map, &key, &mut attributes)?,
                "tagged" => human::read_once(&mut map, &key, &mut tagged)?,
                "rate" if transaction_rate.is_some() => return Err(both_rates(&mut map)),
                "transaction_rate" if rate.is_some() => return Err(both_rates(&mut map)),
                "rate" => human::read_once(&mut map, &key, &mut rate)?,
                "transaction_rate" => human::read_once(&mut map, &key, &mut transaction_rate)?,
                "at_most" => human::read_once(&mut map, &key, &mut at_most)?,
                "concurrent" => human::read_once(&mut map, &key, &mut concurrent)?,
                "share_of_instances" => human::read_once(&mut map, &key, &mut share_of_instances)?,
                other if !Selector::KEYS.contains(&other) => {
                    let known = Selector::KEYS.into_iter().chain(BOUNDS);
                    return Err(human::reject_key(&mut map, other, known));
                }
                other => {
                    if let Some(first) = &selected {
                        let problem = format!(
                            "expected only one of {}, found `{}` and `{other}`",
                            human::quoted_list(Selector::KEYS),
                            first.selector.key(),
                        );
                        return Err(human::reject_entry(&mut map, problem));
                    }
                    selected = Some(select(other, &mut map)?);
                }
            }
        }
        let selected = selected.ok_or_else(|| human::missing_key(Selector::KEYS))?;
        Ok(BlastRadius {
            operation,
            attributes: attributes.unwrap_or_default(),
            tags: tagged.map_or_else(BTreeSet::new, |OneOrMany(tags)| BTreeSet::from_iter(tags)),
            rate: rate.or(transaction_rate).unwrap_or(Rate::ALWAYS),
            rate_of: match transaction_rate {
                Some(_) => RateOf::Transactions,
                None => RateOf::Operations,
            },
            at_most,
            concurrent,
            share_of_instances: share_of_instances.unwrap_or(Rate::ALWAYS),
            ..selected
        })
    }
}

fn both_rates<'de, A: MapAccess<'de>>(map: &mut A) -> A::Error {
    let problem = "expected only one of `rate` and `transaction_rate`";
    human::reject_entry(map, problem.to_owned())
}

/// Reads the selector that `key` names.
fn select<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<BlastRadius, A::Error> {
    let mut kinds = SiteKind::ALL.iter();
    if let Some(kind) = kinds.find(|kind| Selector::key_for(**kind) == key) {
        return Ok(BlastRadius::sites(map.next_value()?, *kind));
    }
    match key {
        "services" => {
            let services: BTreeSet<String> = map.next_value()?;
            Ok(BlastRadius::services(services))
        }
        _ => map.next_value().map(BlastRadius::everything),
    }
}

impl Listed for Tag {
    const EXPECTED: &'static str = "a tag such as \"canary\", or a list of tags";
}
