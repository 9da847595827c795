//! Conditions in files: `{ error_rate: 5%, at: orders, over: 10s }`.

use std::time::Duration;

use serde::de::{Error, MapAccess};
use serde::ser::Serializer;

use super::{Condition, Criterion};
use crate::Rate;
use crate::human::{self, FromMap, HumanDuration};

const CRITERIA: [&str; 4] = ["error_rate", "latency", "consecutive_failures", "probe"];
const EXTRAS: [&str; 6] = ["at", "over", "min_samples", "among", "every", "deadline"];

human::deserialize_by!(human::from_map: Condition);

impl FromMap for Condition {
    const EXPECTED: &'static str = "a condition such as { error_rate: 5%, at: orders }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut criterion: Option<Criterion> = None;
        let mut at = None;
        let mut over = None;
        let mut min_samples = None;
        let mut among = None;
        let mut every = None;
        let mut deadline = None;
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
        let criterion = criterion.ok_or_else(|| human::missing_key(CRITERIA))?;
        Ok(Condition {
            criterion,
            at,
            over,
            min_samples,
            among,
            every,
            deadline,
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
pub(super) fn serialize_limit<S: Serializer>(
    quantile: &Rate,
    limit: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let key = human::format_quantile(*quantile);
    serializer.collect_map([(key, HumanDuration(*limit))])
}

struct Limit {
    quantile: Rate,
    limit: Duration,
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
