//! Paths to values in a file: `experiments[0].blast_radius.rate`.

use std::fmt;

use serde_path_to_error::{Path, Segment as Step};

/// The path from the top of a file to a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Key(Vec<Segment>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Name(String),
    Index(usize),
}

impl Key {
    /// The experiment at `index`.
    pub(super) fn experiment(index: usize) -> Self {
        Self(vec![
            Segment::Name("experiments".to_owned()),
            Segment::Index(index),
        ])
    }

    /// Goes on along a path that is written as in messages.
    pub(super) fn then(mut self, written: &str) -> Self {
        for part in written.split(['.', '[']) {
            let index = part.strip_suffix(']').and_then(|index| index.parse().ok());
            self.0.push(match index {
                Some(index) => Segment::Index(index),
                None => Segment::Name(part.to_owned()),
            });
        }
        self
    }

    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl From<&Path> for Key {
    fn from(path: &Path) -> Self {
        let segment = |step: &Step| match step {
            Step::Seq { index } => Some(Segment::Index(*index)),
            Step::Map { key } => Some(Segment::Name(key.clone())),
            Step::Enum { variant } => Some(Segment::Name(variant.clone())),
            Step::Unknown => None,
        };
        Self(path.iter().map_while(segment).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Name(name) if depth == 0 => f.write_str(name)?,
                Segment::Name(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_it_is_read() {
        let key = Key::experiment(2).then("abort_when[0].latency");
        assert_eq!(key.to_string(), "experiments[2].abort_when[0].latency");
        assert_eq!(key.segments()[3], Segment::Index(0));
    }
}
