//! The metrics of the table that this API serves.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use chaos_core::metric::{self, Metric};
use chaos_core::{ExperimentState, ExperimentStatus, LeaseStatus, Overview, ReadingState};
use http::StatusCode;

use super::exposition::Exposition;
use crate::call::Call;
use crate::readings::Current;
use crate::reply::{Replied, typed};
use crate::scores::Scores;

/// How long outcomes are counted after a scrape that finds a running experiment: longer than scrapes are apart.
const SCRAPED_AGAIN_WITHIN: Duration = Duration::from_secs(90);

pub(super) async fn metrics(call: Call) -> Replied {
    let mut text = Exposition::default();
    let overview = call.chaos().overview();
    let latest = latest_of_each(call.chaos().status());
    let outcomes = match overview.running.is_empty() {
        true => call.context.outcomes.counted(),
        false => call
            .context
            .outcomes
            .outcomes(call.chaos(), SCRAPED_AGAIN_WITHIN),
    };
    add_state(&mut text, &overview);
    add_experiments(&mut text, &latest);
    add_scores(&mut text, Scores::of(&outcomes, SystemTime::now()));
    add_readings(&mut text, &call.context.readings.read());
    add_totals(&mut text, &overview);
    Ok(typed(StatusCode::OK, Exposition::TYPE, text.into_text()))
}

/// The latest experiment of each name that has started.
fn latest_of_each(all: Vec<ExperimentStatus>) -> BTreeMap<String, ExperimentStatus> {
    let mut started: Vec<_> = all.into_iter().filter(|one| one.id.is_some()).collect();
    started.sort_by_key(|one| one.id);
    let named = started.into_iter().map(|one| (one.name.clone(), one));
    named.collect()
}

fn add_state(text: &mut Exposition, overview: &Overview) {
    text.add(&metric::HALTED, number(!overview.halts.is_empty()));
    text.add(&metric::SITES, overview.sites as f64);
    text.add(&metric::EXPERIMENTS, overview.running.len() as f64);
    text.add(&metric::EXPERIMENTS_WAITING, overview.waiting.len() as f64);
}

fn add_experiments(text: &mut Exposition, latest: &BTreeMap<String, ExperimentStatus>) {
    let active = latest.values().map(|one| {
        let labels = [one.name.as_str(), one.environment.name()];
        (labels, number(time_left(one).is_some()))
    });
    text.add_each(&metric::EXPERIMENT_ACTIVE, active);
    let running: Vec<_> = latest
        .values()
        .filter(|one| time_left(one).is_some())
        .collect();
    let mut add = |metric: &Metric, value: fn(&ExperimentStatus) -> Option<f64>| {
        let samples = running.iter();
        let samples = samples.filter_map(|one| Some(([one.name.as_str()], value(one)?)));
        text.add_each(metric, samples);
    };
    add(&metric::EXPERIMENT_STARTED, |one| {
        let since = one.since?.duration_since(SystemTime::UNIX_EPOCH);
        since.ok().as_ref().map(Duration::as_secs_f64)
    });
    add(&metric::EXPERIMENT_TIME_LEFT, |one| {
        time_left(one).as_ref().map(Duration::as_secs_f64)
    });
    add(&metric::EXPERIMENT_LEASE_LEFT, |one| {
        let LeaseStatus { time_left, .. } = one.lease?;
        Some(time_left.as_secs_f64())
    });
    add(&metric::EXPERIMENT_INJECTED, |one| {
        Some(one.injected as f64)
    });
    add(&metric::EXPERIMENT_IN_FLIGHT, |one| {
        Some(one.in_flight as f64)
    });
    add(&metric::EXPERIMENT_COVERED, |one| {
        one.rate.covered.map(|covered| covered as f64)
    });
    add(&metric::EXPERIMENT_RATE_ASKED, |one| {
        Some(one.rate.asked.as_share())
    });
    add(&metric::EXPERIMENT_RATE_ACHIEVED, |one| one.rate.share());
    let levels = running.iter().flat_map(|one| {
        let levels = one.pressure.iter();
        levels.map(|level| ([one.name.as_str(), level.kind.name()], level))
    });
    let requested = levels
        .clone()
        .map(|(labels, level)| (labels, level.requested));
    text.add_each(&metric::PRESSURE_REQUESTED, requested);
    let achieved = levels.map(|(labels, level)| (labels, level.achieved));
    text.add_each(&metric::PRESSURE_ACHIEVED, achieved);
}

fn add_scores(text: &mut Exposition, scores: Option<Scores>) {
    let impact = scores.map(|scores| scores.customer_impact);
    text.add(&metric::CUSTOMER_IMPACT, impact);
    let health = scores.map(|scores| scores.system_health);
    text.add(&metric::SYSTEM_HEALTH, health);
}

fn add_readings(text: &mut Exposition, current: &Current) {
    let tried = current.recoveries.as_ref().map(|posted| posted.what);
    let tried = tried.filter(|recoveries| recoveries.tried > 0);
    let rate = tried.map(|recoveries| recoveries.succeeded as f64 / recoveries.tried as f64);
    text.add(&metric::RECOVERY_SUCCESS_RATE, rate);
    let readings = || current.readings.iter().map(|posted| &posted.what);
    let values = readings().filter_map(|reading| {
        let unit = reading.unit.as_deref().unwrap_or_default();
        Some(([reading.name.as_str(), unit], reading.value?))
    });
    text.add_each(&metric::READING, values);
    let broken = readings().filter_map(|reading| {
        let is_broken = match reading.state {
            ReadingState::Holds => false,
            ReadingState::Broken => true,
            ReadingState::Unknown => return None,
        };
        Some(([reading.name.as_str()], number(is_broken)))
    });
    text.add_each(&metric::READING_BROKEN, broken);
}

fn add_totals(text: &mut Exposition, overview: &Overview) {
    let totals = &overview.totals;
    let mut add_by = |metric: &Metric, counts: &BTreeMap<String, u64>| {
        let samples = counts.iter();
        text.add_each(
            metric,
            samples.map(|(key, count)| ([key.as_str()], *count as f64)),
        );
    };
    add_by(&metric::INJECTED, &totals.injected_by);
    add_by(&metric::EXPERIMENTS_ENDED, &totals.ended);
    add_by(&metric::SAFETY_VIOLATION, &totals.violations);
    text.add(&metric::EXPERIMENTS_STARTED, totals.started as f64);
    text.add(&metric::EXPERIMENTS_REFUSED, totals.refused as f64);
    text.add(&metric::HALTS, totals.halted as f64);
    text.add(&metric::JOURNAL_ENTRIES, overview.journal_next as f64);
    text.add(&metric::JOURNAL_LOST, totals.lost as f64);
}

/// The time left to a running experiment; none to others.
fn time_left(status: &ExperimentStatus) -> Option<Duration> {
    match status.state {
        ExperimentState::Running { time_left } => Some(time_left),
        _ => None,
    }
}

fn number(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
