//! Entries of maps that visitors read key by key.
//!
//! A problem with an entry is raised while its value is read, so that each format can add its position.

use std::fmt::Display;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess};

use super::{quoted_list, unknown_word};

/// Reads the value of the current key and converts it.
pub(crate) fn read_converted<'de, A, V, T, E>(
    map: &mut A,
    convert: impl FnOnce(V) -> Result<T, E>,
) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    V: Deserialize<'de>,
    E: Display,
{
    map.next_value_seed(Converted {
        convert,
        read: PhantomData,
    })
}

/// Reads the value of `key`, of which there may be only one.
pub(crate) fn read_once<'de, A, V>(
    map: &mut A,
    key: &str,
    slot: &mut Option<V>,
) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    V: Deserialize<'de>,
{
    if slot.is_some() {
        return Err(reject_entry(
            map,
            format_args!("key `{key}` is given twice"),
        ));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

/// Returns an error about the entry of the current key.
pub(crate) fn reject_entry<'de, A: MapAccess<'de>>(map: &mut A, problem: impl Display) -> A::Error {
    match map.next_value_seed(Rejected(&problem)) {
        Err(error) => error,
        Ok(()) => A::Error::custom(problem),
    }
}

/// Returns an error about the current key, which is none of `known`.
pub(crate) fn reject_key<'de, 'a, A: MapAccess<'de>>(
    map: &mut A,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> A::Error {
    reject_entry(map, unknown_word("key", key, known))
}

/// The error of a map that has none of the keys.
pub(crate) fn missing_key<'a, E: Error>(keys: impl IntoIterator<Item = &'a str>) -> E {
    E::custom(format_args!("expected one of {}", quoted_list(keys)))
}

struct Converted<V, F> {
    convert: F,
    read: PhantomData<V>,
}

impl<'de, V, T, E, F> DeserializeSeed<'de> for Converted<V, F>
where
    V: Deserialize<'de>,
    E: Display,
    F: FnOnce(V) -> Result<T, E>,
{
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        (self.convert)(V::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

struct Rejected<P>(P);

impl<'de, P: Display> DeserializeSeed<'de> for Rejected<P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom(self.0))
    }
}
