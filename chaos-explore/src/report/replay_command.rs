//! The command that replays a finding.

use std::env;

use crate::report::finding::Finding;

/// Returns the shell command that replays a finding in its test.
pub(super) fn replay_command(finding: &Finding, test: Option<&str>) -> String {
    let package = match env::var("CARGO_PKG_NAME") {
        Ok(package) => format!(" -p {package}"),
        Err(_) => String::new(),
    };
    let line = finding.line();
    match test {
        Some(test) => format!("CHAOS_REPLAY='[{test}] {line}' cargo test{package} {test}"),
        None => format!("CHAOS_REPLAY='{line}' cargo test{package}"),
    }
}
