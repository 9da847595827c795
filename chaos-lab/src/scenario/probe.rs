//! Probes: single looks at the target.

use std::ops::RangeInclusive;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Allowance, Drift, Tolerance};
use crate::load::Expected;

/// A look at the target, made again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "ProbeFile", into = "ProbeFile")]
#[non_exhaustive]
pub struct ProbePlan {
    /// The name in reports; defaults to what is probed.
    pub name: Option<String>,
    /// What is probed.
    pub check: Check,
    /// The accepted values, where it reads one.
    pub tolerance: Tolerance,
    /// The time limit; defaults to 1 s.
    pub within: Duration,
    /// The time between two looks; defaults to 250 ms, or 1 s for queries.
    pub every: Duration,
    /// How far its value may move from that before the fault; only for business rules.
    pub drift: Drift,
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
        /// The place of the number that it reads, if it reads one, as a JSON pointer such as `/bookings/per_minute`; empty
        /// for the whole reply.
        value: Option<String>,
    },
    /// Connects to an address, such as `127.0.0.1:5432`.
    Tcp(String),
    /// Runs a program with its arguments, which succeeds if the target is healthy.
    Command(Vec<String>),
    /// Asks the Prometheus server of the target for values, each of which must be accepted.
    Prometheus(String),
    /// Asks a database for a value; needs the feature `sql`.
    Sql {
        /// The query, of which the first column of the first row must be accepted: an integer, a float or a boolean.
        query: String,
        /// The URL of the database, or `$NAME` for a variable with the URL; it is in no record and no report.
        database: Option<String>,
    },
}

impl ProbePlan {
    /// Whether single values are never wrong, only that they move.
    pub(crate) fn only_moves(&self) -> bool {
        !self.drift.is_unlimited() && self.tolerance == Tolerance::default()
    }

    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| match &self.check {
            Check::Http {
                path,
                value: Some(value),
                ..
            } => format!("{path} {value}"),
            Check::Http { path: text, .. }
            | Check::Tcp(text)
            | Check::Prometheus(text)
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
    /// The place of a number in the JSON reply to `http`, such as `/bookings/per_minute`; empty for the whole reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
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
    /// The furthest that the median of the values may fall during the fault, as `10%` of what it was, or in its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    falls_at_most: Option<Allowance>,
    /// The furthest that it may rise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rises_at_most: Option<Allowance>,
    /// The time limit; defaults to 1 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<HumanDuration>,
    /// The time between two looks, at most 10 s; defaults to 250 ms, or 1 s for queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<HumanDuration>,
}

/// The time limit of a probe without one of its own.
const WITHIN: Duration = Duration::from_secs(1);

/// The time between two looks without a time of their own, and that between two queries, which cost more.
const EVERY: Duration = Duration::from_millis(250);
const EVERY_QUERY: Duration = Duration::from_secs(1);

/// The times between two looks: what is seen later comes too late, and timers are no finer.
const INTERVALS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(10);

impl TryFrom<ProbeFile> for ProbePlan {
    type Error = String;

    fn try_from(mut file: ProbeFile) -> Result<Self, String> {
        let check = if let Some(path) = file.http.take() {
            let expect = file.expect.take().unwrap_or_default();
            let value = file.value.take();
            Check::Http {
                path,
                expect,
                value,
            }
        } else if let Some(address) = file.tcp.take() {
            Check::Tcp(address)
        } else if let Some(command) = file.command.take() {
            Check::Command(command)
        } else if let Some(query) = file.prometheus.take() {
            Check::Prometheus(query)
        } else if let Some(query) = file.sql.take() {
            let database = file.database.take();
            Check::Sql { query, database }
        } else {
            let problem = "expected one of `http`, `tcp`, `command`, `prometheus` and `sql`";
            return Err(problem.to_owned());
        };
        let mut tolerance = Tolerance::default();
        if check.reads_a_value() {
            tolerance.at_least = file.at_least.take();
            tolerance.at_most = file.at_most.take();
        }
        let usual = match check {
            Check::Prometheus(_) | Check::Sql { .. } => EVERY_QUERY,
            _ => EVERY,
        };
        let plan = Self {
            name: file.name.take(),
            check,
            tolerance,
            within: file.within.take().map_or(WITHIN, |within| within.0),
            every: file.every.take().map_or(usual, |every| every.0),
            drift: Drift {
                falls_at_most: file.falls_at_most.take(),
                rises_at_most: file.rises_at_most.take(),
            },
        };
        // What is left belongs to another kind of probe.
        let mut left = serde_json::to_value(&file).map_err(|error| error.to_string())?;
        if let Some(database) = file.database {
            left["database"] = database.into();
        }
        if let Some(key) = left.as_object().and_then(|left| left.keys().next()) {
            return Err(format!("`{key}` does not go with what is probed"));
        }
        plan.problem().map_or(Ok(plan), Err)
    }
}

impl Check {
    fn reads_a_value(&self) -> bool {
        match self {
            Self::Http { value, .. } => value.is_some(),
            Self::Prometheus(_) | Self::Sql { .. } => true,
            Self::Tcp(_) | Self::Command(_) => false,
        }
    }
}

impl ProbePlan {
    /// What makes no sense about it, if anything does not.
    fn problem(&self) -> Option<String> {
        match &self.check {
            Check::Http { path, .. } if !path.starts_with('/') => {
                return Some(format!("the path `{path}` does not start with `/`"));
            }
            Check::Http {
                value: Some(place), ..
            } if !(place.is_empty() || place.starts_with('/')) => {
                return Some(format!("the place `{place}` does not start with `/`"));
            }
            Check::Command(command) if command.is_empty() => {
                return Some("the command names no program".to_owned());
            }
            _ => {}
        }
        let problem = if !INTERVALS.contains(&self.every) {
            "`every` is at least 1 ms and at most 10 s"
        } else if !self.tolerance.makes_sense() {
            "`at_least` and `at_most` are finite numbers"
        } else if !self.drift.is_unlimited() && !self.check.reads_a_value() {
            "`falls_at_most` and `rises_at_most` need a value: `prometheus`, `sql`, or `http` with `value`"
        } else if !self.drift.makes_sense() {
            "`falls_at_most` and `rises_at_most` are distances, so not negative"
        } else {
            return None;
        };
        Some(problem.to_owned())
    }
}

impl From<ProbePlan> for ProbeFile {
    fn from(plan: ProbePlan) -> Self {
        let mut file = Self {
            name: plan.name,
            within: Some(HumanDuration(plan.within)),
            every: Some(HumanDuration(plan.every)),
            at_least: plan.tolerance.at_least,
            at_most: plan.tolerance.at_most,
            falls_at_most: plan.drift.falls_at_most,
            rises_at_most: plan.drift.rises_at_most,
            ..Self::default()
        };
        match plan.check {
            Check::Http {
                path,
                expect,
                value,
            } => (file.http, file.expect, file.value) = (Some(path), Some(expect), value),
            Check::Tcp(address) => file.tcp = Some(address),
            Check::Command(command) => file.command = Some(command),
            Check::Prometheus(query) => file.prometheus = Some(query),
            Check::Sql { query, database } => (file.sql, file.database) = (Some(query), database),
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_read_and_written() {
        let texts = [
            r#"{"http":"/health","expect":{"status":"204"},"within":"2s","every":"250ms"}"#,
            r#"{"tcp":"127.0.0.1:5432","within":"1s","every":"250ms"}"#,
            r#"{"name":"database","command":["pg_isready","-q"],"within":"1s","every":"10s"}"#,
            r#"{"prometheus":"up","at_least":1.0,"falls_at_most":"10%","within":"1s","every":"1s"}"#,
            r#"{"sql":"select 1","at_least":1.0,"at_most":2.0,"rises_at_most":0.5,"within":"1s","every":"1s"}"#,
            r#"{"http":"/stats","expect":{"status":"2xx"},"value":"/bookings","at_least":1.0,"within":"1s","every":"250ms"}"#,
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
                "`tcp` does not go with what is probed",
            ),
            (r#"{ "http": "health" }"#, "does not start with `/`"),
            (r#"{ "command": [] }"#, "names no program"),
            (
                r#"{ "tcp": "a:1", "expect": {} }"#,
                "`expect` does not go with what is probed",
            ),
            (
                r#"{ "prometheus": "up", "database": "x" }"#,
                "`database` does not go with what is probed",
            ),
            (
                r#"{ "http": "/", "at_most": 1 }"#,
                "`at_most` does not go with what is probed",
            ),
            (
                r#"{ "http": "/", "value": "a" }"#,
                "the place `a` does not start with `/`",
            ),
            (r#"{ "tcp": "a:1", "rises_at_most": 1 }"#, "need a value"),
            (
                r#"{ "prometheus": "up", "falls_at_most": -1 }"#,
                "are distances, so not negative",
            ),
            (
                r#"{ "prometheus": "up", "every": "11s" }"#,
                "`every` is at least 1 ms and at most 10 s",
            ),
            (
                r#"{ "prometheus": "up", "every": "1ns" }"#,
                "`every` is at least 1 ms and at most 10 s",
            ),
        ];
        for (text, problem) in expected {
            let error = serde_json::from_str::<ProbePlan>(text).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
        }
        let mut probe = ProbeFile {
            prometheus: Some("up".to_owned()),
            at_most: Some(f64::NAN),
            ..ProbeFile::default()
        };
        let error = ProbePlan::try_from(probe.clone()).unwrap_err();
        assert_eq!(error, "`at_least` and `at_most` are finite numbers");
        probe.at_most = Some(1.0);
        assert!(ProbePlan::try_from(probe).is_ok());
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
