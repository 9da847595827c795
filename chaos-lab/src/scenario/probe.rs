//! Probes of the target's health.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use serde::{Deserialize, Serialize};

use crate::load::Expected;

/// A probe of the target's health, made every 250 ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

impl ProbePlan {
    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| match &self.check {
            Check::Http { path, .. } => path.clone(),
            Check::Tcp(address) => address.clone(),
            Check::Command(command) => command.join(" "),
        })
    }
}

/// A probe as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expect: Option<Expected>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tcp: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Vec<String>>,
    #[serde(default = "one_second")]
    within: HumanDuration,
}

fn one_second() -> HumanDuration {
    HumanDuration(Duration::from_secs(1))
}

impl TryFrom<ProbeFile> for ProbePlan {
    type Error = String;

    fn try_from(file: ProbeFile) -> Result<Self, String> {
        let check = match (file.http, file.tcp, file.command, file.expect) {
            (Some(path), None, None, _) if !path.starts_with('/') => {
                return Err(format!("the path `{path}` does not start with `/`"));
            }
            (Some(path), None, None, expect) => Check::Http {
                path,
                expect: expect.unwrap_or_default(),
            },
            (None, Some(address), None, None) => Check::Tcp(address),
            (None, None, Some(command), None) if !command.is_empty() => Check::Command(command),
            (None, None, Some(_), None) => return Err("the command names no program".to_owned()),
            (None, _, _, Some(_)) => return Err("`expect` needs `http`".to_owned()),
            _ => return Err("expected one of `http`, `tcp` and `command`".to_owned()),
        };
        Ok(Self {
            name: file.name,
            check,
            within: file.within.0,
        })
    }
}

impl From<ProbePlan> for ProbeFile {
    fn from(plan: ProbePlan) -> Self {
        let mut file = Self {
            name: plan.name,
            http: None,
            expect: None,
            tcp: None,
            command: None,
            within: HumanDuration(plan.within),
        };
        match plan.check {
            Check::Http { path, expect } => (file.http, file.expect) = (Some(path), Some(expect)),
            Check::Tcp(address) => file.tcp = Some(address),
            Check::Command(command) => file.command = Some(command),
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
            r#"{"http":"/health","expect":{"status":"204"},"within":"2s"}"#,
            r#"{"tcp":"127.0.0.1:5432","within":"1s"}"#,
            r#"{"name":"database","command":["pg_isready","-q"],"within":"1s"}"#,
        ];
        for text in texts {
            let probe: ProbePlan = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&probe).unwrap(), text);
        }
    }

    #[test]
    fn a_probe_that_makes_no_sense_is_refused() {
        let expected = [
            ("{}", "expected one of `http`, `tcp` and `command`"),
            (r#"{ "http": "/", "tcp": "a:1" }"#, "expected one of"),
            (r#"{ "http": "health" }"#, "does not start with `/`"),
            (r#"{ "command": [] }"#, "names no program"),
            (r#"{ "tcp": "a:1", "expect": {} }"#, "`expect` needs `http`"),
        ];
        for (text, problem) in expected {
            let error = serde_json::from_str::<ProbePlan>(text).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
