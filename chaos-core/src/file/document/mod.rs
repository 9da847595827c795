//! A parsed file: the values of any format, each with the byte at which it starts.

mod deserialize;
mod parse;
mod value;

pub(super) use parse::parse;
use value::{Scalar, Value};

/// A value or a key.
pub(super) struct Node {
    /// The byte of the text at which it starts.
    offset: usize,
    value: Value<Node>,
    /// A YAML scalar as it is written if it looks like a number, a boolean or null. Where text is expected it is text.
    unquoted: Option<String>,
}

impl Node {
    /// Returns where the entry at `path`, such as `experiments[0].name`, or the nearest value around it starts: the
    /// offsets of its key and of its value.
    pub(super) fn offsets_of(&self, path: &str) -> (usize, usize) {
        match self.step(path) {
            None => (self.offset, self.offset),
            Some((key, value, "")) => (key.offset, value.offset),
            Some((_, value, rest)) => value.offsets_of(rest),
        }
    }

    /// Follows the first segment of `path`; returns key, value and the rest of the path.
    fn step<'a>(&self, path: &'a str) -> Option<(&Self, &Self, &'a str)> {
        match &self.value {
            Value::Scalar(_) => None,
            Value::List(items) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                let item = items.get(index.parse::<usize>().ok()?)?;
                Some((item, item, rest))
            }
            // Of a key that is given twice, the second is the problem.
            Value::Map(entries) => entries.iter().rev().find_map(|(key, value)| {
                let rest = path.trim_start_matches('.').strip_prefix(key.text()?)?;
                let is_whole_key = rest.is_empty() || rest.starts_with(['.', '[']);
                is_whole_key.then_some((key, value, rest))
            }),
        }
    }

    /// Returns the value as text; none if it can't be text.
    fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            Value::Scalar(Scalar::Null) => None,
            _ => self.unquoted.as_deref(),
        }
    }

    /// Whether YAML has nothing, or `null`, where a value is expected.
    fn is_left_empty(&self) -> bool {
        matches!(self.value, Value::Scalar(Scalar::Null)) && self.unquoted.is_some()
    }
}
