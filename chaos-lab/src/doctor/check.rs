//! One thing that was checked.

use std::fmt;

use serde::Serialize;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// What was checked.
    pub topic: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub finding: String,
    /// What it means, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Runs are possible, with less to conclude from them.
    Warning,
    /// No run is possible.
    Problem,
}

impl Check {
    /// Something that is as it should be.
    pub fn ok(topic: &'static str, finding: impl Into<String>) -> Self {
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        Self {
            topic,
            level: Level::Ok,
            // Names and reasons come from outside, and a terminal obeys control characters.
            finding: finding.into().chars().map(shown).collect(),
            advice: None,
        }
    }

    /// Something that makes runs say less.
    pub fn warning(topic: &'static str, finding: impl Into<String>, advice: &str) -> Self {
        Self {
            level: Level::Warning,
            advice: Some(advice.to_owned()),
            ..Self::ok(topic, finding)
        }
    }

    /// Something that makes runs impossible.
    pub fn problem(topic: &'static str, finding: impl Into<String>, advice: &str) -> Self {
        Self {
            level: Level::Problem,
            ..Self::warning(topic, finding, advice)
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        };
        write!(f, "{level:<8} {}: {}", self.topic, self.finding)?;
        match &self.advice {
            Some(advice) => write!(f, "\n         {advice}"),
            None => Ok(()),
        }
    }
}
