//! What is one of several: a name alone, or a key with its details.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::keys::{built, refuse, unknown};
use super::unknown_word;

/// One of several, such as `panic` or `{ latency: 200ms }`.
pub(crate) trait Choice: Clone + 'static {
    /// What it is, with an example.
    const WHAT: &'static str;

    /// Those that a name alone says.
    const NAMES: &'static [(&'static str, Self)] = &[];

    /// The keys of the others, each with an example of its details.
    const KEYS: &'static [(&'static str, &'static str)];

    /// Reads the details of one of the keys.
    fn detailed<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error>;

    /// Says where a word belongs that is none of these.
    fn elsewhere(_word: &str) -> Option<String> {
        None
    }

    /// What a name alone says.
    fn named(word: &str) -> Option<&'static Self> {
        let mut names = Self::NAMES.iter();
        names.find_map(|(name, chosen)| (*name == word).then_some(chosen))
    }

    /// An example of the details of a key.
    fn example(word: &str) -> Option<&'static str> {
        let mut keys = Self::KEYS.iter();
        keys.find_map(|(key, example)| (*key == word).then_some(*example))
    }
}

/// Reads one of several.
pub(crate) fn choice<'de, T: Choice, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(OneOf(PhantomData))
}

struct OneOf<T>(PhantomData<T>);

impl<T: Choice> OneOf<T> {
    fn words() -> impl Iterator<Item = &'static str> {
        let names = T::NAMES.iter().map(|(name, _)| *name);
        names.chain(T::KEYS.iter().map(|(key, _)| *key))
    }
}

impl<'de, T: Choice> Visitor<'de> for OneOf<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        if let Some(chosen) = T::named(word) {
            return Ok(chosen.clone());
        }
        if let Some(example) = T::example(word) {
            return Err(E::custom(format_args!(
                "expected its details, such as {{ {word}: {example} }}, found `{word}` alone"
            )));
        }
        Err(E::custom(T::elsewhere(word).unwrap_or_else(
            || match T::NAMES {
                [] => format!("expected {}, found {word:?}", T::WHAT),
                _ => unknown_word("value", word, Self::words()),
            },
        )))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(A::Error::custom(format_args!(
                "expected {}, found an empty map",
                T::WHAT
            )));
        };
        if T::example(&key).is_none() {
            return Err(misplaced::<T, A>(&mut map, &key));
        }
        let chosen = T::detailed(&key, &mut map)?;
        match map.next_key::<String>()? {
            None => Ok(chosen),
            Some(other) if T::example(&other).is_some() => Err(refuse(
                &mut map,
                format_args!("expected only one key, found `{key}` and `{other}`"),
            )),
            Some(other) => Err(misplaced::<T, A>(&mut map, &other)),
        }
    }
}

/// The error that refuses a key that is not among those of a choice.
fn misplaced<'de, T: Choice, A: MapAccess<'de>>(map: &mut A, key: &str) -> A::Error {
    if T::named(key).is_some() {
        return refuse(map, format_args!("`{key}` has no details: write it alone"));
    }
    match T::elsewhere(key) {
        Some(where_to) => refuse(map, where_to),
        None => unknown(map, key, OneOf::<T>::words()),
    }
}

/// Reads a map and builds something from it; its keys are told by an example, should it be none.
pub(crate) fn details<'de, A, V, T, E>(
    map: &mut A,
    example: &'static str,
    build: impl FnOnce(V) -> Result<T, E>,
) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    V: Deserialize<'de>,
    E: Display,
{
    let read = PhantomData::<V>;
    built(map, Details { example, read }, build)
}

struct Details<V> {
    example: &'static str,
    read: PhantomData<V>,
}

impl<'de, V: Deserialize<'de>> DeserializeSeed<'de> for Details<V> {
    type Value = V;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, V: Deserialize<'de>> Visitor<'de> for Details<V> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "details such as {}", self.example)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V, A::Error> {
        V::deserialize(MapAccessDeserializer::new(map))
    }
}
