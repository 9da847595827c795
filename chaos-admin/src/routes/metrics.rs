//! Counters and gauges in the text format of Prometheus.

use std::fmt::Write;

use chaos_core::{ExperimentState, ExperimentStatus};
use http::StatusCode;

use crate::call::Call;
use crate::reply::{Replied, typed};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes families of metrics: the kind, the name, its help text, and the samples.
macro_rules! families {
    ($($kind:ident $name:ident $help:literal $samples:expr;)+) => {{
        let mut text = String::new();
        $(write_family(&mut text, stringify!($kind), stringify!($name), $help, $samples);)+
        text
    }};
}

pub(super) async fn metrics(call: Call) -> Replied {
    let overview = call.chaos().overview();
    let status = call.chaos().status();
    let running: Vec<_> = status.iter().filter(|one| is_running(one)).collect();
    let of_each = |value: fn(&ExperimentStatus) -> u64| {
        let sample = move |one: &&ExperimentStatus| (label("experiment", &one.name), value(one));
        running.iter().map(sample).collect::<Vec<_>>()
    };
    let totals = &overview.totals;
    let ended = totals.ended.iter();
    let ended: Vec<_> = ended
        .map(|(reason, count)| (label("reason", reason), *count))
        .collect();
    let text = families! {
        gauge chaos_halted "Whether everything is halted." one(u64::from(!overview.halts.is_empty()));
        gauge chaos_sites "Registered sites." one(overview.sites as u64);
        gauge chaos_experiments "Running experiments." one(running.len() as u64);
        gauge chaos_experiment_injected "Operations that a running experiment has struck." of_each(|one| one.injected);
        gauge chaos_experiment_in_flight "Operations that a running experiment affects now." of_each(|one| one.in_flight);
        counter chaos_injected_total "Operations that received a fault." one(totals.injected);
        counter chaos_experiments_started_total "Experiments that started." one(totals.started);
        counter chaos_experiments_ended_total "Experiments that ended, by reason." ended;
        counter chaos_experiments_refused_total "Refused experiments." one(totals.refused);
        counter chaos_halts_total "Halts." one(totals.halted);
        counter chaos_journal_entries_total "Entries of the journal." one(overview.journal_next);
        counter chaos_journal_lost_total "Journal entries that a sink did not take in time." one(totals.lost);
    };
    Ok(typed(StatusCode::OK, TEXT, text))
}

/// The only sample of a metric without labels.
fn one(value: u64) -> Vec<(String, u64)> {
    vec![(String::new(), value)]
}

fn write_family(
    text: &mut String,
    kind: &str,
    name: &str,
    help: &str,
    samples: Vec<(String, u64)>,
) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

fn is_running(status: &ExperimentStatus) -> bool {
    matches!(status.state, ExperimentState::Running { .. })
}

fn label(name: &str, value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{{{name}=\"{escaped}\"}}")
}
