//! Latencies in files: `200ms`, `{ p50: 20ms, p99: 1s }`, `{ uniform: [10ms, 50ms], ramp: 30s }`.

use std::time::Duration;

use serde::de::{Error, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::Latency;
use super::shape::Shape;
use crate::Rate;
use crate::human::{self, FromMap, HumanDuration};

const KEYS: [&str; 9] = [
    "fixed",
    "uniform",
    "normal",
    "exponential",
    "pareto",
    "p50",
    "p99",
    "ramp",
    "at_most",
];

const ONE_SHAPE: &str = "expected one of `fixed`, `uniform`, `normal`, `exponential`, `pareto`, or quantiles such as `p99`";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Normal {
    #[serde(with = "human::duration_text")]
    mean: Duration,
    #[serde(with = "human::duration_text")]
    std_dev: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exponential {
    #[serde(with = "human::duration_text")]
    mean: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pareto {
    #[serde(with = "human::duration_text")]
    scale: Duration,
    shape: f64,
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let (Shape::Fixed(time), None, None) = (&self.shape, self.ramp, self.at_most) {
            return HumanDuration(*time).serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        match &self.shape {
            Shape::Fixed(time) => map.serialize_entry("fixed", &HumanDuration(*time))?,
            Shape::Uniform { min, max } => {
                map.serialize_entry("uniform", &[HumanDuration(*min), HumanDuration(*max)])?;
            }
            &Shape::Normal { mean, std_dev } => {
                map.serialize_entry("normal", &Normal { mean, std_dev })?;
            }
            &Shape::Exponential { mean } => {
                map.serialize_entry("exponential", &Exponential { mean })?;
            }
            &Shape::Pareto { scale, shape } => {
                map.serialize_entry("pareto", &Pareto { scale, shape })?;
            }
            Shape::Quantiles(quantiles) => {
                for (quantile, time) in quantiles {
                    let key = human::format_quantile(*quantile);
                    map.serialize_entry(&key, &HumanDuration(*time))?;
                }
            }
        }
        if let Some(ramp) = self.ramp {
            map.serialize_entry("ramp", &HumanDuration(ramp))?;
        }
        if let Some(ceiling) = self.at_most {
            map.serialize_entry("at_most", &HumanDuration(ceiling))?;
        }
        map.end()
    }
}

human::deserialize_by!(human::from_map: Latency);

impl FromMap for Latency {
    const EXPECTED: &'static str = "a latency such as \"200ms\" or { p50: 20ms, p99: 1s }";

    fn from_text<E: Error>(text: &str) -> Result<Self, E> {
        human::parse_duration(text)
            .map(Self::fixed)
            .map_err(E::custom)
    }

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut shape = None;
        let mut quantiles: Vec<(Rate, Duration)> = Vec::new();
        let mut ramp = None;
        let mut at_most = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "ramp" => human::read_once(&mut map, "ramp", &mut ramp)?,
                "at_most" => human::read_once(&mut map, "at_most", &mut at_most)?,
                other => {
                    if let Some(quantile) = human::parse_quantile(other) {
                        if shape.is_some() {
                            return Err(human::reject_entry(&mut map, ONE_SHAPE));
                        }
                        quantiles.push((quantile, time_at(quantile, &mut map)?));
                    } else if !KEYS.contains(&other) {
                        return Err(human::reject_key(&mut map, other, KEYS));
                    } else if shape.is_some() || !quantiles.is_empty() {
                        return Err(human::reject_entry(&mut map, ONE_SHAPE));
                    } else {
                        shape = Some(named_shape(other, &mut map)?);
                    }
                }
            }
        }
        let shape = match shape {
            Some(shape) => shape,
            None => {
                // Some parsers do not keep the order of keys.
                quantiles.sort_by_key(|(quantile, _)| *quantile);
                Shape::quantiles(quantiles).map_err(A::Error::custom)?
            }
        };
        let mut latency = Latency::from(shape);
        if let Some(HumanDuration(time)) = ramp {
            latency = latency.ramp(time);
        }
        if let Some(HumanDuration(ceiling)) = at_most {
            latency = latency.at_most(ceiling);
        }
        Ok(latency)
    }
}

/// Reads the latency of a quantile that is valid by itself.
fn time_at<'de, A: MapAccess<'de>>(quantile: Rate, map: &mut A) -> Result<Duration, A::Error> {
    human::read_converted(map, |HumanDuration(time)| {
        Shape::quantiles(vec![(quantile, time)]).map(|_| time)
    })
}

/// Reads the shape that `key` names.
fn named_shape<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Shape, A::Error> {
    match key {
        "uniform" => human::read_converted(map, |[min, max]: [HumanDuration; 2]| {
            Shape::uniform(min.0, max.0)
        }),
        "normal" => map
            .next_value()
            .map(|Normal { mean, std_dev }| Shape::Normal { mean, std_dev }),
        "exponential" => map
            .next_value()
            .map(|Exponential { mean }| Shape::Exponential { mean }),
        "pareto" => {
            human::read_converted(map, |Pareto { scale, shape }| Shape::pareto(scale, shape))
        }
        _ => map
            .next_value()
            .map(|HumanDuration(time)| Shape::Fixed(time)),
    }
}
