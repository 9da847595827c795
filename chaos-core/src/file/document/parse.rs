//! The parsers of the three formats.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{DefaultMessageFormatter, Location, MessageFormatter, NonFiniteFloatPolicy};
use toml::de::{DeTable, DeValue};

use super::node::Node;
use super::value::{Scalar, Value};
use crate::file::{FileError, Format};

/// The deepest nesting of values that a YAML file may have; no experiment comes near.
///
/// Its parser takes some 35 KiB of the stack a level where it is not optimised, and a thread may have 2 MiB.
const MAX_DEPTH: usize = 24;

/// The number of values of a YAML file that aliases may repeat.
const MAX_ALIASED_VALUES: usize = 100_000;

/// Parses all of `text`.
pub(in crate::file) fn parse(text: &str, format: Format) -> Result<Node, FileError> {
    match format {
        Format::Yaml => parse_yaml(text),
        Format::Toml => parse_toml(text),
        Format::Json => parse_json(text),
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Yaml(serde_saphyr::Spanned<Value<Yaml>>);

impl Yaml {
    fn into_node(self, text: &str) -> Result<Node, serde_saphyr::Error> {
        let Self(spanned) = self;
        let unquoted = match &spanned.value {
            Value::Scalar(Scalar::Text(_)) | Value::List(_) | Value::Map(_) => None,
            Value::Scalar(_) => text.get(byte_range(spanned.defined)),
        };
        Ok(Node {
            offset: byte_range(spanned.referenced).start,
            unquoted: unquoted.map(str::to_owned),
            value: spanned.value.try_map(|part| part.into_node(text))?,
        })
    }
}

fn byte_range(location: Location) -> Range<usize> {
    let span = location.span();
    let start = span.byte_offset().unwrap_or_default() as usize;
    start..start + span.byte_len().unwrap_or_default() as usize
}

fn parse_yaml(text: &str) -> Result<Node, FileError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: 1,
            // Many experiments may share one radius; the limit is on what the aliases repeat.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_ALIASED_VALUES,
        },
        strict_booleans: true,
        // Where text is expected, `.nan` is text.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
        .and_then(|root: Yaml| root.into_node(text))
        .map_err(|error| {
            // Syntax errors have the offset in characters, but not in bytes.
            let known = error.location().filter(|location| location.line() > 0);
            let before = known.map(|location| text.chars().take(location.span().offset() as usize));
            let offset = before.map(|chars| chars.map(char::len_utf8).sum());
            FileError::new(yaml_message(&error)).at_offset(text, offset)
        })
}

/// Returns the message without the position.
fn yaml_message(error: &serde_saphyr::Error) -> String {
    match error.without_snippet() {
        serde_saphyr::Error::AliasError { error, .. } => yaml_message(error),
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("key `{key}` is given twice")
        }
        serde_saphyr::Error::Budget {
            breach: BudgetBreach::Depth { .. },
            ..
        } => format!("expected at most {MAX_DEPTH} lists and maps within each other, found more"),
        error => DefaultMessageFormatter.format_message(error).into_owned(),
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Toml(toml::Spanned<Value<Toml>>);

impl Toml {
    fn into_node(self) -> Result<Node, toml::de::Error> {
        Ok(Node {
            offset: self.0.span().start,
            unquoted: None,
            value: self.0.into_inner().try_map(Self::into_node)?,
        })
    }
}

fn parse_toml(text: &str) -> Result<Node, FileError> {
    DeTable::parse(text)
        .and_then(|mut table| {
            for (_, value) in table.get_mut() {
                dates_to_text(value);
            }
            Toml::deserialize(toml::Deserializer::from(table))
        })
        .and_then(Toml::into_node)
        .map_err(|error| {
            FileError::new(error.message()).at_offset(text, error.span().map(|span| span.start))
        })
}

/// Replaces dates by text, which they are in the other formats.
fn dates_to_text(value: &mut toml::Spanned<DeValue<'_>>) {
    match value.get_mut() {
        DeValue::Array(items) => items.iter_mut().for_each(dates_to_text),
        DeValue::Table(entries) => entries
            .iter_mut()
            .for_each(|(_, value)| dates_to_text(value)),
        DeValue::Datetime(date) => *value.get_mut() = DeValue::String(date.to_string().into()),
        _ => {}
    }
}

fn json_node(raw: &RawValue, text: &str) -> serde_json::Result<Node> {
    let value: Value<&RawValue> = serde_json::from_str(raw.get())?;
    Ok(Node {
        offset: raw.get().as_ptr().addr() - text.as_ptr().addr(),
        unquoted: None,
        value: value.try_map(|part| json_node(part, text))?,
    })
}

fn parse_json(text: &str) -> Result<Node, FileError> {
    // Limits the depth and finds the position of errors; raw values do neither.
    serde_json::from_str::<serde_json::Value>(text)
        .and_then(|_| json_node(serde_json::from_str(text)?, text))
        .map_err(|error| {
            // serde_json has no message without the position.
            let position = format!(" at line {} column {}", error.line(), error.column());
            let before = text.split_inclusive('\n').take(error.line() - 1);
            let offset = before.map(str::len).sum::<usize>() + error.column();
            FileError::new(error.to_string().trim_end_matches(&position))
                .at_offset(text, offset.checked_sub(1))
        })
}
