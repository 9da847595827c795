//! Patterns in files: `{ every: 3 }`, `{ first: 2, skip: 10, per: request }`.

use serde::de::{Error, MapAccess};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Pattern, Per, Shape, Step, Then};
use crate::human::{self, FromMap};

const SHAPES: [&str; 5] = ["first", "every", "burst", "sequence", "ramp"];
const EXTRAS: [&str; 3] = ["then", "skip", "per"];

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.skip > 0 {
            map.serialize_entry("skip", &self.skip)?;
        }
        if self.per != Per::default() {
            map.serialize_entry("per", &self.per)?;
        }
        match &self.shape {
            Shape::All => {}
            Shape::First(count) => map.serialize_entry("first", count)?,
            Shape::Every(nth) => map.serialize_entry("every", nth)?,
            Shape::Burst(burst) => map.serialize_entry("burst", burst)?,
            Shape::Sequence { steps, then } => {
                map.serialize_entry("sequence", steps)?;
                map.serialize_entry("then", then)?;
            }
            Shape::Ramp(ramp) => map.serialize_entry("ramp", ramp)?,
        }
        map.end()
    }
}

human::deserialize_by!(human::from_map: Pattern);

impl FromMap for Pattern {
    const EXPECTED: &'static str = "a pattern such as { every: 3 }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut shape = None;
        let mut then: Option<Then> = None;
        let mut skip = None;
        let mut per = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "then" => human::read_once(&mut map, &key, &mut then)?,
                "skip" => human::read_once(&mut map, &key, &mut skip)?,
                "per" => human::read_once(&mut map, &key, &mut per)?,
                other if !SHAPES.contains(&other) => {
                    let known = SHAPES.into_iter().chain(EXTRAS);
                    return Err(human::reject_key(&mut map, other, known));
                }
                other => {
                    if shape.is_some() {
                        let problem =
                            format!("expected only one of {}", human::quoted_list(SHAPES));
                        return Err(human::reject_entry(&mut map, problem));
                    }
                    shape = Some(read_shape(other, &mut map)?);
                }
            }
        }
        match (&mut shape, then) {
            (Some(Shape::Sequence { then: slot, .. }), Some(then)) => *slot = then,
            (_, Some(_)) => return Err(A::Error::custom("`then` only goes with `sequence`")),
            (_, None) => {}
        }
        Ok(Pattern {
            shape: shape.unwrap_or(Shape::All),
            skip: skip.unwrap_or_default(),
            per: per.unwrap_or_default(),
        })
    }
}

/// Reads the shape that `key` names.
fn read_shape<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Shape, A::Error> {
    match key {
        "first" => map.next_value().map(Shape::First),
        "every" => map.next_value().map(Shape::Every),
        "burst" => map.next_value().map(Shape::Burst),
        "sequence" => human::read_converted(map, |steps: Vec<Step>| {
            Shape::sequence(steps, Then::default())
        }),
        _ => map.next_value().map(Shape::Ramp),
    }
}
