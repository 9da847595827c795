//! What changed since the last run.

use chaos_core::{FaultKind, SiteKind};

use crate::report::{Change, Fate, Indicator, Report, SuiteReport};
use crate::statistics::{Estimate, Proportion, difference_of_proportions, difference_of_values};

/// The indicators that are times of coming back.
const TIMES: [Indicator; 2] = [Indicator::Mttr, Indicator::Recovery];

/// What changed in each scenario since the latest run that had it; nothing without earlier runs.
pub(super) fn changes(earlier: &[SuiteReport], latest: &SuiteReport) -> Vec<Change> {
    let Some(last) = earlier.last() else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    let mut add = |scenario: &str, what: String, before: &str, now: &str| {
        let [scenario, before, now] = [scenario, before, now].map(str::to_owned);
        changes.push(Change {
            scenario,
            what,
            before,
            now,
        });
    };
    let verdict = |run: &SuiteReport, name: &str| {
        let result = run.scenarios.iter().find(|one| one.scenario == name);
        result.map(|result| result.verdict.name())
    };
    for result in &latest.scenarios {
        let (name, is) = (&result.scenario, result.verdict.name());
        match earlier.iter().rev().find_map(|run| verdict(run, name)) {
            None => add(name, "scenario".to_owned(), "not in the suite", "in it"),
            Some(was) if was != is => add(name, "verdict".to_owned(), was, is),
            Some(_) => {}
        }
    }
    for now in &latest.reports {
        let mut before = earlier.iter().rev().flat_map(|run| &run.reports);
        if let Some(before) = before.find(|one| one.scenario == now.scenario) {
            compare(before, now, |what, was, is| {
                add(&now.scenario, what, &was, &is);
            });
        }
    }
    for gone in last.scenarios.iter().map(|result| &result.scenario) {
        if verdict(latest, gone).is_none() {
            add(
                gone,
                "scenario".to_owned(),
                "in the suite",
                "not in this run",
            );
        }
    }
    changes
}

/// Compares two reports of a scenario; what was measured is left out if they are not of the same plan.
fn compare(before: &Report, now: &Report, mut add: impl FnMut(String, String, String)) {
    for is in &now.findings {
        let was = before
            .finding(is.indicator)
            .filter(|was| was.limit != is.limit);
        if let Some(was) = was {
            let what = format!("limit of {}", is.indicator);
            add(what, was.limit_in_words(), is.limit_in_words());
        }
    }
    if before.fingerprint != now.fingerprint {
        let is = "another, so that only runs with the same plan are compared";
        return add("plan".to_owned(), "one".to_owned(), is.to_owned());
    }
    for indicator in TIMES {
        let [was, is] = [before, now].map(|report| report.finding(indicator)?.measured);
        if let (Some(was), Some(is)) = (was, is)
            && is_clear(&difference_of_values(is, was))
        {
            let [was, is] = [was, is].map(|took| indicator.unit().format(took.value));
            add(indicator.to_string(), was, is);
        }
    }
    for is in &now.fates {
        let was = before.fates.iter().find(|was| key(was) == key(is));
        let was = was.filter(|was| {
            let difference = difference_of_proportions(failed(is), failed(was));
            difference.as_ref().is_some_and(is_clear)
        });
        if let Some(was) = was {
            let (_, service, operation, fault) = key(is);
            let what = format!("fault `{fault}` at `{operation}` of {service}");
            add(what, in_words(was), in_words(is));
        }
    }
}

/// Whether the bounds of a difference leave out that there is none.
fn is_clear(difference: &Estimate) -> bool {
    difference.lower > 0.0 || difference.upper < 0.0
}

fn key(fate: &Fate) -> (SiteKind, &str, &str, FaultKind) {
    (fate.kind, &fate.service, &fate.operation, fate.fault)
}

/// The failed ones of the struck requests whose fate is known.
fn failed(fate: &Fate) -> Proportion {
    let failed = fate.failed();
    Proportion::new(failed, failed + fate.absorbed).unwrap_or_default()
}

fn in_words(fate: &Fate) -> String {
    let failed = failed(fate);
    format!(
        "{} of {} struck requests failed",
        failed.count(),
        failed.of()
    )
}
