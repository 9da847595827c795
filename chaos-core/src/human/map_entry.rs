//! Maps that are read by hand, key by key.
//!
//! What is wrong with a value is raised while that value is read, so that formats can name its place.

use std::fmt::Display;
use std::marker::PhantomData;

use serde::Deserialize;

use super::unknown_word;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess};

/// Reads the value of the current key and builds something from it.
pub(crate) fn value<'de, A, V, T, E>(
    map: &mut A,
    build: impl FnOnce(V) -> Result<T, E>,
) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    V: Deserialize<'de>,
    E: Display,
{
    built(map, PhantomData::<V>, build)
}

/// The same of what a seed reads.
pub(super) fn built<'de, A, S, T, E>(
    map: &mut A,
    seed: S,
    build: impl FnOnce(S::Value) -> Result<T, E>,
) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    S: DeserializeSeed<'de>,
    E: Display,
{
    map.next_value_seed(Build { seed, build })
}

/// Reads the value of `key` into `slot`, unless there is one already.
pub(crate) fn once<'de, A, V>(map: &mut A, key: &str, slot: &mut Option<V>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    V: Deserialize<'de>,
{
    if slot.is_some() {
        return Err(refuse(map, format_args!("key `{key}` is given twice")));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

/// The error that refuses the current key, raised at its value.
pub(crate) fn refuse<'de, A: MapAccess<'de>>(map: &mut A, problem: impl Display) -> A::Error {
    match map.next_value_seed(Refuse(&problem)) {
        Err(error) => error,
        Ok(()) => A::Error::custom(problem),
    }
}

/// The error that refuses the current key because it is none of `known`.
pub(crate) fn unknown<'de, 'a, A: MapAccess<'de>>(
    map: &mut A,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> A::Error {
    refuse(map, unknown_word("key", key, known))
}

struct Build<S, F> {
    seed: S,
    build: F,
}

impl<'de, S, T, E, F> DeserializeSeed<'de> for Build<S, F>
where
    S: DeserializeSeed<'de>,
    E: Display,
    F: FnOnce(S::Value) -> Result<T, E>,
{
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        (self.build)(self.seed.deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

struct Refuse<P>(P);

impl<'de, P: Display> DeserializeSeed<'de> for Refuse<P> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom(self.0))
    }
}
