//! Finding the place of a key in a text.
//!
//! The key is followed with the format's own reader, which is stopped at the value: the place of that error is the
//! place of the value, in every format.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Format;
use super::key::{Key, Segment};
use super::position::Position;
use super::reader;

/// The place of the value at `key`, or of the nearest thing around it that is there.
pub(super) fn locate(text: &str, format: Format, key: &Key) -> Option<Position> {
    let segments = key.segments();
    (0..=segments.len()).rev().find_map(|depth| {
        let mut found = Found::No;
        let seek = Seek {
            path: &segments[..depth],
            format,
            found: &mut found,
        };
        let stopped = reader::read(text, format, seek).err();
        match found {
            Found::Yes => stopped?.value_position(text),
            Found::No => None,
        }
    })
}

/// Whether the end of the path was reached.
enum Found {
    Yes,
    No,
}

struct Seek<'a> {
    path: &'a [Segment],
    format: Format,
    found: &'a mut Found,
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() {
            *self.found = Found::Yes;
            return match self.format {
                // Its reader only knows the place of what it has begun to read.
                Format::Toml => deserializer.deserialize_any(Stop),
                // This one would tell the end of what it has begun to read.
                Format::Json | Format::Yaml => Err(D::Error::custom("here")),
            };
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what leads to the key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Segment::Name(wanted), path)) = self.path.split_first() else {
            return Err(A::Error::custom("not this way"));
        };
        let (format, found) = (self.format, self.found);
        while let Some(name) = map.next_key::<String>()? {
            if name == *wanted {
                return map.next_value_seed(Seek {
                    path,
                    format,
                    found,
                });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((Segment::Index(wanted), path)) = self.path.split_first() else {
            return Err(A::Error::custom("not this way"));
        };
        for _ in 0..*wanted {
            seq.next_element::<IgnoredAny>()?;
        }
        let (format, found) = (self.format, self.found);
        seq.next_element_seed(Seek {
            path,
            format,
            found,
        })
        .map(drop)
    }
}

/// Refuses every value.
struct Stop;

impl Visitor<'_> for Stop {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}
