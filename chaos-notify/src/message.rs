//! Messages: what receivers are sent.

use std::fmt::{Display, Write};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Occasion {
    /// An approval is asked for.
    Request,
    /// An experiment is about to start.
    Upcoming,
    /// The injection of faults begins.
    Start,
    /// A run is given up.
    Abort,
    /// An objective is violated.
    Violation,
    /// A suite has ended.
    End,
    /// Only the receiver is tested, which is sent this whatever its occasions are.
    #[serde(skip_deserializing)]
    Test,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The id, by which a receiver recognises a message that it was sent before.
    pub id: String,
    /// What it is about.
    pub occasion: Occasion,
    /// When it was written.
    pub time: Timestamp,
    /// What matters most, in one line.
    pub title: String,
    /// What is known beyond that, by name.
    pub facts: Vec<(String, String)>,
}

impl Message {
    /// A message of now; control characters of its title, such as the end of a line, become spaces.
    #[must_use]
    pub fn new(occasion: Occasion, title: &str) -> Self {
        Self {
            id: format!("{:032x}", fastrand::u128(..)),
            occasion,
            time: Timestamp::now(),
            title: in_one_line(title),
            facts: Vec::new(),
        }
    }

    /// Adds a fact, in one line, too.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Display) -> Self {
        let value = in_one_line(&value.to_string());
        self.facts.push((in_one_line(name), value));
        self
    }

    /// The facts, each in a line.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        for (name, value) in &self.facts {
            // Writing to a text never fails.
            let _ = writeln!(lines, "{name}: {value}");
        }
        lines
    }
}

/// A text without characters that begin a line or change the direction of others.
fn in_one_line(text: &str) -> String {
    let is_unfit =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(is_unfit, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_no_line_of_its_own() {
        let hostile = "a\r\nverdict: met\u{2028}b\u{202e}c";
        let message = Message::new(Occasion::Start, hostile).fact(hostile, hostile);
        let tame = "a  verdict: met b c";
        assert_eq!(message.title, tame);
        assert_eq!(message.lines(), format!("{tame}: {tame}\n"));
    }

    #[test]
    fn each_message_has_an_id_of_its_own() {
        let [one, other] = ["", ""].map(|title| Message::new(Occasion::End, title));
        assert_ne!(one.id, other.id);
        assert_eq!(one.id.len(), 32);
    }
}
