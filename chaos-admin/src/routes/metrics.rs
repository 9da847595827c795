//! Counters in the text format of Prometheus.

use std::fmt::Write;

use chaos_core::{ExperimentState, ExperimentStatus};
use http::{Response, StatusCode};

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{ReplyBody, typed};

pub(super) async fn metrics(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let overview = call.chaos().overview();
    let status = call.chaos().status();
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, samples: &[(String, f64)]| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let flag = |value: bool| vec![(String::new(), f64::from(u8::from(value)))];
    gauge(
        "chaos_halted",
        "Whether everything is halted.",
        &flag(!overview.halts.is_empty()),
    );
    let sites = [(String::new(), overview.sites as f64)];
    gauge("chaos_sites", "Registered sites.", &sites);
    let running: Vec<_> = status.iter().filter(|one| is_running(one)).collect();
    let count = [(String::new(), running.len() as f64)];
    gauge("chaos_experiments", "Running experiments.", &count);
    let of_each = |value: fn(&ExperimentStatus) -> f64| -> Vec<_> {
        let label = |one: &ExperimentStatus| format!("{{experiment=\"{}\"}}", escaped(&one.name));
        running.iter().map(|one| (label(one), value(one))).collect()
    };
    gauge(
        "chaos_experiment_injected",
        "Operations that a running experiment has struck.",
        &of_each(|one| one.injected as f64),
    );
    gauge(
        "chaos_experiment_in_flight",
        "Operations that a running experiment affects now.",
        &of_each(|one| one.in_flight as f64),
    );
    gauge(
        "chaos_journal_next",
        "The number of the next journal entry.",
        &[(String::new(), overview.journal_next as f64)],
    );
    Ok(typed(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    ))
}

fn is_running(status: &ExperimentStatus) -> bool {
    matches!(status.state, ExperimentState::Running { .. })
}

/// A value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
