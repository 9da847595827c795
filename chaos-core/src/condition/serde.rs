//! Conditions in files: `{ error_rate: 5%, at: orders, over: 10s }`.

use std::time::Duration;

use serde::de::{Error, MapAccess};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Condition, Criterion};
use crate::Rate;
use crate::human::{self, FromMap, HumanDuration};

const CRITERIA: [&str; 4] = ["error_rate", "latency", "consecutive_failures", "probe"];
const EXTRAS: [&str; 6] = ["at", "over", "min_samples", "among", "every", "deadline"];

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let key = self.criterion.key();
        match &self.criterion {
            Criterion::ErrorRate(rate) => map.serialize_entry(key, rate)?,
            &Criterion::Latency { quantile, limit } => {
                map.serialize_entry(key, &Limit { quantile, limit })?;
            }
            Criterion::ConsecutiveFailures(count) => map.serialize_entry(key, count)?,
            Criterion::Probe(name) => map.serialize_entry(key, name)?,
        }
        if let Some(service) = &self.at {
            map.serialize_entry("at", service)?;
        }
        if let Some(samples) = self.min_samples {
            map.serialize_entry("min_samples", &samples)?;
        }
        if let Some(judged) = self.among {
            map.serialize_entry("among", &judged)?;
        }
        for (key, time) in [
            ("over", self.over),
            ("every", self.every),
            ("deadline", self.deadline),
        ] {
            if let Some(time) = time {
                map.serialize_entry(key, &HumanDuration(time))?;
            }
        }
        map.end()
    }
}

human::deserialize_by!(human::from_map: Condition);

impl FromMap for Condition {
    const EXPECTED: &'static str = "a condition such as { error_rate: 5%, at: orders }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut criterion: Option<Criterion> = None;
        let mut at = None;
        let mut over: Option<HumanDuration> = None;
        let mut min_samples = None;
        let mut among = None;
        let mut every: Option<HumanDuration> = None;
        let mut deadline: Option<HumanDuration> = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "at" => human::read_once(&mut map, &key, &mut at)?,
                "over" => human::read_once(&mut map, &key, &mut over)?,
                "min_samples" => human::read_once(&mut map, &key, &mut min_samples)?,
                "among" => human::read_once(&mut map, &key, &mut among)?,
                "every" => human::read_once(&mut map, &key, &mut every)?,
                "deadline" => human::read_once(&mut map, &key, &mut deadline)?,
                other if !CRITERIA.contains(&other) => {
                    let known = CRITERIA.into_iter().chain(EXTRAS);
                    return Err(human::reject_key(&mut map, other, known));
                }
                other => {
                    if criterion.is_some() {
                        let problem =
                            format!("expected only one of {}", human::quoted_list(CRITERIA));
                        return Err(human::reject_entry(&mut map, problem));
                    }
                    criterion = Some(read_criterion(other, &mut map)?);
                }
            }
        }
        let criterion = criterion.ok_or_else(|| {
            A::Error::custom(format_args!(
                "expected one of {}",
                human::quoted_list(CRITERIA)
            ))
        })?;
        let time = |human: Option<HumanDuration>| human.map(|human| human.0);
        Ok(Condition {
            criterion,
            at,
            over: time(over),
            min_samples,
            among,
            every: time(every),
            deadline: time(deadline),
        })
    }
}

/// Reads the criterion that `key` names.
fn read_criterion<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Criterion, A::Error> {
    match key {
        "error_rate" => map.next_value().map(Criterion::ErrorRate),
        "latency" => map
            .next_value()
            .map(|Limit { quantile, limit }| Criterion::Latency { quantile, limit }),
        "consecutive_failures" => map.next_value().map(Criterion::ConsecutiveFailures),
        _ => map.next_value().map(Criterion::Probe),
    }
}

/// `{ p99: 1s }`: one quantile and its limit.
struct Limit {
    quantile: Rate,
    limit: Duration,
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(
            &human::format_quantile(self.quantile),
            &HumanDuration(self.limit),
        )?;
        map.end()
    }
}

human::deserialize_by!(human::from_map: Limit);

impl FromMap for Limit {
    const EXPECTED: &'static str = "one quantile such as { p99: 1s }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut limit = None;
        while let Some(key) = map.next_key::<String>()? {
            let Some(quantile) = human::parse_quantile(&key) else {
                let problem = format!("unknown key `{key}`, expected a quantile such as `p99`");
                return Err(human::reject_entry(&mut map, problem));
            };
            if limit.is_some() {
                return Err(human::reject_entry(&mut map, "expected only one quantile"));
            }
            let HumanDuration(time) = map.next_value()?;
            limit = Some(Limit {
                quantile,
                limit: time,
            });
        }
        limit.ok_or_else(|| A::Error::custom("expected one quantile such as { p99: 1s }"))
    }
}
