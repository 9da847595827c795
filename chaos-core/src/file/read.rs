//! From a file to experiments that make sense.

use std::fs::File;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer};
use serde_path_to_error::Track;

use super::contents::{Contents, Head};
use super::error::FileError;
use super::format::Format;
use super::key::{Key, Segment};
use super::locate::locate;
use super::position::Position;
use super::reader;
use super::refused::{self, Refused};
use super::words;
use crate::Experiment;

/// The size beyond which a file is refused: 1 MiB.
const LARGEST: u64 = 1 << 20;

/// Reads and checks the file at `path`.
pub(super) fn read(path: &Path) -> Result<Vec<Experiment>, FileError> {
    let origin = path.display().to_string();
    let text = text_of(path).map_err(|error| error.in_file(&origin))?;
    let format = Format::of_path(path).ok_or_else(|| {
        FileError::new("expected a file whose name ends in .yaml, .yml, .toml or .json")
            .in_file(&origin)
    })?;
    parse(&text, format, &origin)
}

fn text_of(path: &Path) -> Result<String, FileError> {
    let unreadable =
        |error: io::Error| FileError::new(format!("can't be read: {error}")).caused_by(error);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    check_size(bytes.len())?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        FileError::new("expected UTF-8, found other bytes")
            .at_place(Some(Position::of_offset(&text, good)))
    })
}

fn check_size(bytes: usize) -> Result<(), FileError> {
    if u64::try_from(bytes).is_ok_and(|bytes| bytes <= LARGEST) {
        Ok(())
    } else {
        Err(FileError::new(format!(
            "expected at most {LARGEST} bytes, found more"
        )))
    }
}

/// Parses and checks `text`.
pub(super) fn parse(
    text: &str,
    format: Format,
    origin: &str,
) -> Result<Vec<Experiment>, FileError> {
    check_size(text.len()).map_err(|error| error.in_file(origin))?;
    // Some editors mark UTF-8 with a byte order mark, which no reader needs.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    read_tracked::<Head>(text, format)
        .and_then(|_| read_tracked::<Contents>(text, format))
        .and_then(
            |Contents { experiments, .. }| match refused::first(&experiments) {
                None => Ok(experiments),
                Some(Refused { key, problem }) => Err(FileError::new(problem)
                    .at_place(locate(text, format, &key))
                    .at_key(&key)),
            },
        )
        .map_err(|error| error.in_file(origin))
}

fn read_tracked<'t, T: Deserialize<'t>>(text: &'t str, format: Format) -> Result<T, FileError> {
    let mut key = Key::default();
    let tracked = Tracked {
        key: &mut key,
        value: PhantomData,
    };
    reader::read(text, format, tracked).map_err(|refusal| {
        let position = refusal
            .position()
            .filter(|_| !words::is_placeless(refusal.problem()));
        let problem = words::ours(refusal.problem());
        let place = position.or_else(|| locate(text, format, &key));
        // Some readers tell the place of a key that they don't know, others that of its value.
        let place = match key.segments().last() {
            Some(Segment::Name(name)) if words::is_about_a_key(&problem) => {
                place.map(|place| place.back_to(text, name))
            }
            _ => place,
        };
        FileError::new(problem).at_place(place).at_key(&key)
    })
}

/// Reads a value and remembers at which key that failed.
struct Tracked<'a, T> {
    key: &'a mut Key,
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Tracked<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let mut track = Track::new();
        T::deserialize(serde_path_to_error::Deserializer::new(
            deserializer,
            &mut track,
        ))
        .inspect_err(|_| *self.key = Key::from(&track.path()))
    }
}
