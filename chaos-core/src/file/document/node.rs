//! Values and keys with their position.

use super::value::{Scalar, Value};

/// A value or a key.
pub(in crate::file) struct Node {
    /// The byte of the text at which it starts.
    pub(super) offset: usize,
    pub(super) value: Value<Node>,
    /// A YAML scalar as it is written, if it looks like a number, a boolean or null; it is text where text is expected.
    pub(super) unquoted: Option<String>,
}

impl Node {
    /// Returns the offsets of key and value at `path`, such as `experiments[0].name`, or of the nearest value around.
    pub(in crate::file) fn offsets_of(&self, path: &str) -> (usize, usize) {
        match self.step(path) {
            None => (self.offset, self.offset),
            Some((key, value, "")) => (key.offset, value.offset),
            Some((_, value, rest)) => value.offsets_of(rest),
        }
    }

    /// Whether it is a map with any of these keys.
    pub(in crate::file) fn has_any_key(&self, keys: &[&str]) -> bool {
        let Value::Map(entries) = &self.value else {
            return false;
        };
        let mut names = entries.iter().filter_map(|(key, _)| key.text());
        names.any(|name| keys.contains(&name))
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
            // The second of two equal keys is the problem.
            Value::Map(entries) => entries.iter().rev().find_map(|(key, value)| {
                let rest = path.trim_start_matches('.').strip_prefix(key.text()?)?;
                let is_whole_key = rest.is_empty() || rest.starts_with(['.', '[']);
                is_whole_key.then_some((key, value, rest))
            }),
        }
    }

    /// Returns the value as text; none if it can't be text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar::Text(text)) => Some(text),
            Value::Scalar(Scalar::Null) => None,
            _ => self.unquoted.as_deref(),
        }
    }

    /// Whether YAML has nothing, or `null`, where a value is expected.
    pub(super) fn is_left_empty(&self) -> bool {
        matches!(self.value, Value::Scalar(Scalar::Null)) && self.unquoted.is_some()
    }
}
