//! Who started, stopped, halted or resumed something, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::human::named;

/// Who did something to a manager, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attribution {
    /// The actor.
    pub by: Actor,
    /// The reason that the actor gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// An actor that starts, stops, halts or resumes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Actor {
    /// The code of the process itself.
    Code,
    /// A file, such as one of experiments or the halt file.
    File(String),
    /// A client outside the process.
    Remote {
        /// Its name.
        name: String,
        /// The role in which it acts.
        role: Role,
    },
    /// The threads that enforce time limits, because they could no longer do so.
    Guardian,
}

/// What a client outside the process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Reads everything, and halts.
    Viewer,
    /// Also starts, replaces, stops and resumes.
    Operator,
}

named!(Role {
    Viewer => "viewer",
    Operator => "operator",
});

impl Actor {
    pub(crate) fn file(path: &std::path::Path) -> Self {
        Self::File(path.display().to_string())
    }
}

impl Attribution {
    pub(crate) fn new(by: Actor, because: Option<String>) -> Self {
        Self { by, because }
    }
}

impl From<Actor> for Attribution {
    fn from(by: Actor) -> Self {
        Self { by, because: None }
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by.fmt(f)?;
        match &self.because {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("code"),
            Self::File(path) => write!(f, "the file {path}"),
            Self::Remote { name, role } => write!(f, "{name} ({role})"),
            Self::Guardian => f.write_str("the guardian"),
        }
    }
}

#[cfg(all(test, feature = "files"))]
mod tests {
    use super::*;

    #[test]
    fn an_attribution_reads_as_a_sentence_and_survives_json() {
        let remote = Actor::Remote {
            name: "anna".to_owned(),
            role: Role::Operator,
        };
        let halt_file = Actor::File("/run/halt".to_owned());
        for (attribution, text, json) in [
            (Actor::Code.into(), "code", r#"{"by":"code"}"#),
            (
                Attribution::new(remote, Some("game day".to_owned())),
                "anna (operator): game day",
                r#"{"by":{"remote":{"name":"anna","role":"operator"}},"because":"game day"}"#,
            ),
            (
                halt_file.into(),
                "the file /run/halt",
                r#"{"by":{"file":"/run/halt"}}"#,
            ),
        ] {
            assert_eq!(attribution.to_string(), text);
            assert_eq!(serde_json::to_string(&attribution).unwrap(), json);
            assert_eq!(
                serde_json::from_str::<Attribution>(json).unwrap(),
                attribution
            );
        }
    }
}
