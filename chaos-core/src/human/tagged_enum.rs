//! Enums that files write as a name (`panic`), or as one key with a value (`{ latency: 200ms }`).

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::map_entry::{reject_entry, reject_key};
use super::unknown_word;

/// An enum with variants that are a name alone, and variants that are a key with a value.
///
/// The implementation that serde derives gives no hints for a variant that is in the wrong form or place.
pub(crate) trait TaggedEnum: Clone + 'static {
    /// The enum, with an example.
    const EXPECTED: &'static str;

    /// The variants that are a name alone.
    const NAMES: &'static [(&'static str, Self)] = &[];

    /// The keys of the other variants, each with an example of its value.
    const KEYS: &'static [(&'static str, &'static str)];

    /// Reads the value of one of the keys.
    fn read_value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error>;

    /// Returns a hint for a word that is no variant but belongs elsewhere.
    fn hint(_word: &str) -> Option<String> {
        None
    }

    /// Returns the variant of a name.
    fn named(word: &str) -> Option<&'static Self> {
        let mut names = Self::NAMES.iter();
        names.find_map(|(name, variant)| (*name == word).then_some(variant))
    }

    /// Returns the example of a key.
    fn example(word: &str) -> Option<&'static str> {
        let mut keys = Self::KEYS.iter();
        keys.find_map(|(key, example)| (*key == word).then_some(*example))
    }
}

/// Defines `KEYS` and `read_value` of a [`TaggedEnum`]: each key, an example, and the variant of its value.
macro_rules! keys {
    ($($key:literal, $example:literal => $variant:expr;)+) => {
        const KEYS: &'static [(&'static str, &'static str)] = &[$(($key, $example)),+];

        fn read_value<'de, A: serde::de::MapAccess<'de>>(
            key: &str,
            map: &mut A,
        ) -> Result<Self, A::Error> {
            match key {
                $($key => map.next_value().map($variant),)+
                other => unreachable!("`{other}` is no key"),
            }
        }
    };
}

pub(crate) use keys;

/// Deserializes a tagged enum.
pub(crate) fn tagged_enum<'de, T: TaggedEnum, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Variants(PhantomData))
}

struct Variants<T>(PhantomData<T>);

impl<T: TaggedEnum> Variants<T> {
    fn words() -> impl Iterator<Item = &'static str> {
        let names = T::NAMES.iter().map(|(name, _)| *name);
        names.chain(T::KEYS.iter().map(|(key, _)| *key))
    }
}

impl<'de, T: TaggedEnum> Visitor<'de> for Variants<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        if let Some(variant) = T::named(word) {
            return Ok(variant.clone());
        }
        if let Some(example) = T::example(word) {
            return Err(E::custom(format_args!(
                "expected its details, such as {{ {word}: {example} }}, found `{word}` alone"
            )));
        }
        Err(E::custom(T::hint(word).unwrap_or_else(|| match T::NAMES {
            [] => format!("expected {}, found {word:?}", T::EXPECTED),
            _ => unknown_word("value", word, Self::words()),
        })))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(A::Error::custom(format_args!(
                "expected {}, found an empty map",
                T::EXPECTED
            )));
        };
        if T::example(&key).is_none() {
            return Err(reject_variant::<T, A>(&mut map, &key));
        }
        let variant = T::read_value(&key, &mut map)?;
        match map.next_key::<String>()? {
            None => Ok(variant),
            Some(other) if T::example(&other).is_some() => Err(reject_entry(
                &mut map,
                format_args!("expected only one key, found `{key}` and `{other}`"),
            )),
            Some(other) => Err(reject_variant::<T, A>(&mut map, &other)),
        }
    }
}

/// Returns an error about a key that is not one of the enum's.
fn reject_variant<'de, T: TaggedEnum, A: MapAccess<'de>>(map: &mut A, key: &str) -> A::Error {
    if T::named(key).is_some() {
        return reject_entry(map, format_args!("`{key}` has no details: write it alone"));
    }
    match T::hint(key) {
        Some(hint) => reject_entry(map, hint),
        None => reject_key(map, key, Variants::<T>::words()),
    }
}
