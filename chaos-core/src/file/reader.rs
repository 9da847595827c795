//! The three readers behind one call.

use serde::de::DeserializeSeed;
use serde_json::error::Category;
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter};

use super::Format;
use super::position::Position;

/// How deep values may be nested; no experiment comes near.
const DEEPEST: usize = 64;

/// How much of a file may be repeated by aliases, in values.
const MOST_REPEATED: usize = 100_000;

/// What a reader refuses, in its own words.
#[derive(Debug)]
pub(super) struct Refusal {
    problem: String,
    place: Place,
}

/// What a reader tells about the place.
#[derive(Debug)]
enum Place {
    /// The very place.
    Here(Position),
    /// A value begins after this byte, behind blanks and a colon.
    After(usize),
    /// Nothing.
    Nowhere,
}

impl Refusal {
    pub(super) fn problem(&self) -> &str {
        &self.problem
    }

    /// The place, if the reader knows the very place.
    pub(super) fn position(&self) -> Option<Position> {
        match self.place {
            Place::Here(position) => Some(position),
            Place::After(_) | Place::Nowhere => None,
        }
    }

    /// The place of the value at which the reader was stopped.
    pub(super) fn value_position(&self, text: &str) -> Option<Position> {
        match self.place {
            Place::Here(position) => Some(position),
            Place::After(offset) => {
                let rest = text.get(offset..)?;
                let blank = |c: char| c.is_ascii_whitespace() || matches!(c, ':' | ',');
                let skipped = rest.len() - rest.trim_start_matches(blank).len();
                Some(Position::of_offset(text, offset + skipped))
            }
            Place::Nowhere => None,
        }
    }
}

/// Reads `text` whole.
pub(super) fn read<'t, S: DeserializeSeed<'t>>(
    text: &'t str,
    format: Format,
    seed: S,
) -> Result<S::Value, Refusal> {
    match format {
        Format::Yaml => read_yaml(text, seed),
        Format::Toml => read_toml(text, seed),
        Format::Json => read_json(text, seed),
    }
}

fn read_yaml<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Refusal> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_documents: 1,
            // Many experiments may well share one radius; what counts is how much that repeats.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        seed.deserialize(yaml)
    })
    .map_err(|error| Refusal {
        problem: in_words(&error),
        place: error
            .location()
            .and_then(|location| {
                Some(Position {
                    line: usize::try_from(location.line()).ok()?,
                    column: usize::try_from(location.column()).ok()?,
                })
            })
            .filter(|position| position.line > 0)
            .map_or(Place::Nowhere, Place::Here),
    })
}

/// What is wrong, without the place.
fn in_words(error: &serde_saphyr::Error) -> String {
    match error.without_snippet() {
        serde_saphyr::Error::AliasError { error, .. } => in_words(error),
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("key `{key}` is given twice")
        }
        serde_saphyr::Error::InvalidScalar { ty, .. } => format!("expected {ty}"),
        error => DefaultMessageFormatter.format_message(error).into_owned(),
    }
}

fn read_toml<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Refusal> {
    toml::Deserializer::parse(text)
        .and_then(|toml| seed.deserialize(toml))
        .map_err(|error| Refusal {
            problem: error.message().to_owned(),
            place: error.span().map_or(Place::Nowhere, |span| {
                Place::Here(Position::of_offset(text, span.start))
            }),
        })
}

fn read_json<'t, S: DeserializeSeed<'t>>(text: &'t str, seed: S) -> Result<S::Value, Refusal> {
    let mut json = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| {
            let offset = offset_of(text, error.line(), error.column());
            let written = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            Refusal {
                problem: written.strip_suffix(&place).unwrap_or(&written).to_owned(),
                place: match error.classify() {
                    // Of a bad value it tells where it stopped reading, which may be far behind.
                    Category::Data => Place::After(offset),
                    Category::Syntax | Category::Eof | Category::Io => {
                        Place::Here(Position::of_offset(text, offset.saturating_sub(1)))
                    }
                },
            }
        })
}

/// How many bytes come before the end of this column, which counts bytes.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    lines.map(str::len).sum::<usize>() + column
}
