//! A silence in Alertmanager.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use http::Method;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::InvalidAnnouncement;
use super::server::Server;

/// The time beyond the planned one after which a silence ends by itself, should the lab not live to end it.
const MARGIN: Duration = Duration::from_secs(60);

/// What is encoded in an id, which usually is a UUID.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// Silences alerts of an Alertmanager while scenarios are run.
#[derive(Debug)]
pub struct Silence {
    server: Server,
    matchers: Vec<Matcher>,
}

/// A label that silenced alerts have: `service=orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
}

/// The text is no matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a label and its value, such as `service=orders`, found `{0}`")]
pub struct InvalidMatcher(String);

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "silenceID")]
    id: String,
}

impl FromStr for Matcher {
    type Err = InvalidMatcher;

    fn from_str(text: &str) -> Result<Self, InvalidMatcher> {
        let parts = text.split_once('=');
        let is_label = |name: &str| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            name.starts_with(|c: char| is_part(c) && !c.is_ascii_digit())
                && name.chars().all(is_part)
        };
        // An operator such as `=~` would be taken for a part of the value.
        let found = parts.filter(|(name, value)| {
            is_label(name) && !value.is_empty() && !value.starts_with(['~', '='])
        });
        let (name, value) = found.ok_or_else(|| InvalidMatcher(text.to_owned()))?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
            is_regex: false,
        })
    }
}

impl Silence {
    /// Silences the alerts that have all these labels at the Alertmanager of a URL.
    ///
    /// # Errors
    ///
    /// When the URL makes no sense.
    pub fn at(url: &str, matchers: Vec<Matcher>) -> Result<Self, InvalidAnnouncement> {
        let server = Server::at("Alertmanager", url)?;
        Ok(Self { server, matchers })
    }

    /// Sets the silence for a planned length, and returns its id.
    pub(super) async fn set(&self, length: Duration) -> Result<String, String> {
        let start = SystemTime::now();
        let end = start.checked_add(length.saturating_add(MARGIN));
        let text = |at: SystemTime| Some(Timestamp::try_from(at).ok()?.to_string());
        let times = text(start).zip(end.and_then(text));
        let too_long = || "Alertmanager: the run is too long for a silence".to_owned();
        let (start, end) = times.ok_or_else(too_long)?;
        let silence = json!({
            "matchers": self.matchers,
            "startsAt": start,
            "endsAt": end,
            "createdBy": "chaos-lab",
            "comment": "chaos-lab injects faults",
        });
        let created: Created = self
            .server
            .call(Method::POST, "/api/v2/silences", &silence)
            .await?;
        Ok(created.id)
    }

    /// Ends the silence.
    pub(super) async fn expire(&self, id: &str) -> Result<(), String> {
        let path = format!("/api/v2/silence/{}", utf8_percent_encode(id, ENCODED));
        self.server
            .send(Method::DELETE, &path, String::new())
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_is_a_label_and_its_value() {
        let matcher: Matcher = "service=orders <b>=".parse().unwrap();
        assert_eq!(
            (&*matcher.name, &*matcher.value),
            ("service", "orders <b>=")
        );
        for wrong in [
            "",
            "service",
            "=orders",
            "service=",
            "service=~o.*",
            "a b=c",
            "1a=b",
            "service!=a",
        ] {
            assert_eq!(
                wrong.parse::<Matcher>(),
                Err(InvalidMatcher(wrong.to_owned()))
            );
        }
    }
}
