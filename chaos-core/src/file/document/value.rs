//! Values of any format.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value whose parts are of type `N`.
pub(super) enum Value<N> {
    Scalar(Scalar),
    List(Vec<N>),
    Map(Vec<(N, N)>),
}

pub(super) enum Scalar {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
}

impl<N> Value<N> {
    /// Converts the parts.
    pub(super) fn try_map<M, E>(self, convert: impl Fn(N) -> Result<M, E>) -> Result<Value<M>, E> {
        Ok(match self {
            Self::Scalar(scalar) => Value::Scalar(scalar),
            Self::List(items) => {
                Value::List(items.into_iter().map(convert).collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => {
                let entries = entries.into_iter();
                let converted = entries.map(|(key, value)| Ok((convert(key)?, convert(value)?)));
                Value::Map(converted.collect::<Result<_, _>>()?)
            }
        })
    }
}

impl<'de, N: Deserialize<'de>> Deserialize<'de> for Value<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue(PhantomData))
    }
}

struct AnyValue<N>(PhantomData<N>);

impl<'de, N: Deserialize<'de>> Visitor<'de> for AnyValue<N> {
    type Value = Value<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<N>, E> {
        Ok(Value::Scalar(Scalar::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<N>, E> {
        Ok(Value::Scalar(Scalar::Bool(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<N>, E> {
        Ok(Value::Scalar(Scalar::Unsigned(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<N>, E> {
        Ok(Value::Scalar(Scalar::Signed(value)))
    }

    // The parser of TOML alone has larger integers; the others return floats.
    fn visit_i128<E: Error>(self, value: i128) -> Result<Value<N>, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<N>, E> {
        Ok(Value::Scalar(Scalar::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value<N>, E> {
        Ok(Value::Scalar(Scalar::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<N>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<N>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}
