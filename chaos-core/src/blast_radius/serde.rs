//! Blast radii in files: `{ calls_to: payments, operation: "POST /charge/*", rate: 10% }`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BlastRadius, RateOf, Selector, SiteKind};
use crate::{OperationGlob, Rate, Tag, human};

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
        if let Some(total) = self.total {
            map.serialize_entry("at_most", &total)?;
        }
        if let Some(operations) = self.concurrency {
            map.serialize_entry("concurrent", &operations)?;
        }
        if self.instances != Rate::ALWAYS {
            map.serialize_entry("share_of_instances", &self.instances)?;
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

impl<'de> Deserialize<'de> for BlastRadius {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = BlastRadius;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a blast radius such as { calls_to: payments, rate: 10% }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BlastRadius, A::Error> {
        let mut selected: Option<BlastRadius> = None;
        let mut operation = None;
        let mut attributes: Option<BTreeMap<String, OperationGlob>> = None;
        let mut tagged: Option<Tags> = None;
        let mut rate = None;
        let mut transaction_rate = None;
        let mut total = None;
        let mut concurrency = None;
        let mut instances = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "operation" => human::read_once(&mut map, &key, &mut operation)?,
                "attributes" => human::read_once(&mut map, &key, &mut attributes)?,
                "tagged" => human::read_once(&mut map, &key, &mut tagged)?,
                "rate" if transaction_rate.is_some() => return Err(both_rates(&mut map)),
                "transaction_rate" if rate.is_some() => return Err(both_rates(&mut map)),
                "rate" => human::read_once(&mut map, &key, &mut rate)?,
                "transaction_rate" => human::read_once(&mut map, &key, &mut transaction_rate)?,
                "at_most" => human::read_once(&mut map, &key, &mut total)?,
                "concurrent" => human::read_once(&mut map, &key, &mut concurrency)?,
                "share_of_instances" => human::read_once(&mut map, &key, &mut instances)?,
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
        let selected = selected.ok_or_else(|| {
            A::Error::custom(format_args!(
                "expected one of {}",
                human::quoted_list(Selector::KEYS)
            ))
        })?;
        Ok(BlastRadius {
            operation,
            attributes: attributes.unwrap_or_default(),
            tags: tagged.map(|Tags(tags)| tags).unwrap_or_default(),
            rate: rate.or(transaction_rate).unwrap_or(Rate::ALWAYS),
            rate_of: match transaction_rate {
                Some(_) => RateOf::Transactions,
                None => RateOf::Operations,
            },
            total,
            concurrency,
            instances: instances.unwrap_or(Rate::ALWAYS),
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
    let kind = match key {
        "calls_to" => SiteKind::Client,
        "requests_to" => SiteKind::Server,
        "queries_on" => SiteKind::Database,
        "streams_to" => SiteKind::Stream,
        "points_at" => SiteKind::Point,
        "services" => {
            return map
                .next_value::<BTreeSet<String>>()
                .map(BlastRadius::services);
        }
        _ => return map.next_value().map(BlastRadius::everything),
    };
    map.next_value()
        .map(|service| BlastRadius::sites(service, kind))
}

/// One tag, or a list of them.
struct Tags(BTreeSet<Tag>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Tags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag such as \"canary\", or a list of tags")
    }

    fn visit_str<E: Error>(self, tag: &str) -> Result<Tags, E> {
        let tag = Tag::new(tag).map_err(E::custom)?;
        Ok(Tags(BTreeSet::from([tag])))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tags, A::Error> {
        let mut tags = BTreeSet::new();
        while let Some(tag) = seq.next_element()? {
            tags.insert(tag);
        }
        Ok(Tags(tags))
    }
}
