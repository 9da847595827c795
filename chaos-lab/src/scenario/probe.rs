//! Probes: single looks at the target.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tolerance;
use crate::load::Expected;

/// A look at the target, made every 250 ms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "ProbeFile", into = "ProbeFile")]
#[non_exhaustive]
pub struct ProbePlan {
    /// The name in reports; defaults to what is probed.
    pub name: Option<String>,
    /// What is probed.
    pub check: Check,
    /// The time limit; defaults to 1 s.
    pub within: Duration,
}

/// What a probe does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Check {
    /// Asks for a path of the target.
    Http {
        /// The path.
        path: String,
        /// The reply of a healthy target.
        expect: Expected,
    },
    /// Connects to an address, such as `127.0.0.1:5432`.
    Tcp(String),
    /// Runs a program with its arguments, which succeeds if the target is healthy.
    Command(Vec<String>),
    /// Asks the Prometheus server of the target for values.
    Prometheus {
        /// The query, of which each value must be accepted.
        query: String,
        /// The accepted values.
        tolerance: Tolerance,
    },
    /// Asks a database for a value; needs the feature `sql`.
    Sql {
        /// The query, of which the first column of the first row must be accepted: an integer, a float or a boolean.
        query: String,
        /// The URL of the database, or `$NAME` for a variable with the URL; it is in no record and no report.
        database: Option<String>,
        /// The accepted values.
        tolerance: Tolerance,
    },
}

impl ProbePlan {
    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| match &self.check {
            Check::Http { path: text, .. }
            | Check::Tcp(text)
            | Check::Prometheus { query: text, .. }
            | Check::Sql { query: text, .. } => text.clone(),
            Check::Command(command) => command.join(" "),
        })
    }
}

/// A probe as it is written: what is probed is one of `http`, `tcp`, `command`, `prometheus` and `sql`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProbeFile {
    /// The name in reports; defaults to what is probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A path of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    /// The reply to `http` of a healthy target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expect: Option<Expected>,
    /// An address to connect to, such as `127.0.0.1:5432`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tcp: Option<String>,
    /// A program with its arguments, which succeeds if the target is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Vec<String>>,
    /// A query of the target's Prometheus server, of which each value must be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prometheus: Option<String>,
    /// A query of a database, of which the first column of the first row must be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
    /// The URL of that database, or `$NAME` for a variable with the URL; defaults to `$DATABASE_URL`.
    #[serde(default, skip_serializing)]
    database: Option<String>,
    /// The lowest accepted value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    /// The highest accepted value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    /// The time limit; defaults to 1 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<HumanDuration>,
}

/// The time limit of a probe without one of its own.
const WITHIN: Duration = Duration::from_secs(1);

impl ProbeFile {
    /// The keys that it has, but for those that each probe may have.
    fn keys(&self) -> Vec<&'static str> {
        let keys = [
            ("http", self.http.is_some()),
            ("tcp", self.tcp.is_some()),
            ("command", self.command.is_some()),
            ("prometheus", self.prometheus.is_some()),
            ("sql", self.sql.is_some()),
            ("expect", self.expect.is_some()),
            ("database", self.database.is_some()),
            ("at_least", self.at_least.is_some()),
            ("at_most", self.at_most.is_some()),
        ];
        let given = keys.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(key, _)| key).collect()
    }

    /// Refuses keys that the probe of this kind can't have.
    fn allow(&self, kind: &'static str, allowed: &[&str]) -> Result<(), String> {
        let keys = self.keys();
        let other = keys
            .iter()
            .find(|key| **key != kind && !allowed.contains(key));
        other.map_or(Ok(()), |other| {
            Err(format!("a probe with `{kind}` can't have `{other}`"))
        })
    }
}

impl TryFrom<ProbeFile> for ProbePlan {
    type Error = String;

    fn try_from(mut file: ProbeFile) -> Result<Self, String> {
        let tolerance = Tolerance {
            at_least: file.at_least,
            at_most: file.at_most,
        };
        let check = if let Some(path) = file.http.clone() {
            file.allow("http", &["expect"])?;
            if !path.starts_with('/') {
                return Err(format!("the path `{path}` does not start with `/`"));
            }
            let expect = file.expect.take().unwrap_or_default();
            Check::Http { path, expect }
        } else if let Some(address) = file.tcp.clone() {
            file.allow("tcp", &[])?;
            Check::Tcp(address)
        } else if let Some(command) = file.command.clone() {
            file.allow("command", &[])?;
            if command.is_empty() {
                return Err("the command names no program".to_owned());
            }
            Check::Command(command)
        } else if let Some(query) = file.prometheus.clone() {
            file.allow("prometheus", &["at_least", "at_most"])?;
            Check::Prometheus { query, tolerance }
        } else if let Some(query) = file.sql.clone() {
            file.allow("sql", &["database", "at_least", "at_most"])?;
            let database = file.database.take();
            Check::Sql {
                query,
                database,
                tolerance,
            }
        } else {
            return Err(
                "expected one of `http`, `tcp`, `command`, `prometheus` and `sql`".to_owned(),
            );
        };
        Ok(Self {
            name: file.name,
            check,
            within: file.within.map_or(WITHIN, |within| within.0),
        })
    }
}

impl From<ProbePlan> for ProbeFile {
    fn from(plan: ProbePlan) -> Self {
        let mut file = Self {
            name: plan.name,
            within: Some(HumanDuration(plan.within)),
            ..Self::default()
        };
        let mut bounds = Tolerance::default();
        match plan.check {
            Check::Http { path, expect } => (file.http, file.expect) = (Some(path), Some(expect)),
            Check::Tcp(address) => file.tcp = Some(address),
            Check::Command(command) => file.command = Some(command),
            Check::Prometheus { query, tolerance } => {
                (file.prometheus, bounds) = (Some(query), tolerance);
            }
            Check::Sql {
                query,
                database,
                tolerance,
            } => (file.sql, file.database, bounds) = (Some(query), database, tolerance),
        }
        (file.at_least, file.at_most) = (bounds.at_least, bounds.at_most);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_read_and_written() {
        let texts = [
            r#"{"http":"/health","expect":{"status":"204"},"within":"2s"}"#,
            r#"{"tcp":"127.0.0.1:5432","within":"1s"}"#,
            r#"{"name":"database","command":["pg_isready","-q"],"within":"1s"}"#,
            r#"{"prometheus":"up","at_least":1.0,"within":"1s"}"#,
            r#"{"sql":"select 1","at_least":1.0,"at_most":2.0,"within":"1s"}"#,
        ];
        for text in texts {
            let probe: ProbePlan = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&probe).unwrap(), text);
        }
    }

    #[test]
    fn a_probe_that_makes_no_sense_is_refused() {
        let expected = [
            ("{}", "expected one of `http`, `tcp`, `command`,"),
            (
                r#"{ "http": "/", "tcp": "a:1" }"#,
                "a probe with `http` can't have `tcp`",
            ),
            (r#"{ "http": "health" }"#, "does not start with `/`"),
            (r#"{ "command": [] }"#, "names no program"),
            (
                r#"{ "tcp": "a:1", "expect": {} }"#,
                "a probe with `tcp` can't have `expect`",
            ),
            (
                r#"{ "prometheus": "up", "database": "x" }"#,
                "can't have `database`",
            ),
        ];
        for (text, problem) in expected {
            let error = serde_json::from_str::<ProbePlan>(text).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
        }
    }

    #[test]
    fn the_url_of_a_database_is_not_written() {
        let text = r#"{ "sql": "select 1", "database": "postgres://a:secret@b/c" }"#;
        let probe: ProbePlan = serde_json::from_str(text).unwrap();
        assert!(
            matches!(&probe.check, Check::Sql { database: Some(url), .. } if url.contains("secret"))
        );
        assert!(!serde_json::to_string(&probe).unwrap().contains("secret"));
    }
}
