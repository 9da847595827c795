//! Whether each experiment did what its scenario claims: what was asked, against what was reached.

mod delay;
mod evidence;
mod rate;

use std::time::Duration;

use chaos_core::pressure::PressureLevel;
use chaos_core::{EndReason, Experiment, ExperimentStatus, Fault};

use self::evidence::Evidence;
use super::timeline::Timeline;
use super::validity::is_whole;
use crate::Verdict;
use crate::record::{Line, Opened};
use crate::report::{ExperimentReached, ReachedPressure, ReachedRate};
use crate::scenario::crashes;

/// The share of runs in which chance alone makes a rate look as if it was not asked for, all experiments together.
const REFUSED_BY_CHANCE: f64 = 0.0008;

/// The share of a requested pressure that must be reached.
const PRESSURE_REACHED: f64 = 0.95;

/// The share of its stage that an experiment must be in force for.
const IN_FORCE: f64 = 0.95;

/// The time by which the lab may see the end of an experiment too late.
const LATE: Duration = Duration::from_millis(500);

/// What was asked of each experiment, and what it reached.
///
/// A record that ends early claims nothing, so nothing in it falls short.
pub(super) fn reached(
    opened: &Opened,
    lines: &[Line],
    timeline: &Timeline,
) -> Vec<ExperimentReached> {
    let evidence = Evidence::of(lines, timeline);
    let experiments = &opened.scenario.experiments;
    let confidence = 1.0 - REFUSED_BY_CHANCE / 2.0 / experiments.len().max(1) as f64;
    let all = experiments.iter().map(|experiment| {
        let name = experiment.name();
        let status = evidence.status(name);
        let rate = status.map(|status| &status.rate);
        let drawn = rate.and_then(|rate| rate::drawn(rate, evidence.cluster(name), confidence));
        let has_crashed = crashes(experiment) && evidence.has_crashed(opened);
        let shortfall = || match status {
            // What it reached is gone with the process that it ended.
            None if has_crashed => None,
            None => Some(not_run(
                name,
                "was unknown to the target when its stage ended",
            )),
            Some(status) => absence(experiment, status, &evidence)
                .or_else(|| rate::shortfall(name, &status.rate, drawn?))
                .or_else(|| delay::shortfall(experiment, status))
                .or_else(|| pressure(experiment, &status.pressure, &evidence)),
        };
        ExperimentReached {
            experiment: name.to_owned(),
            struck: match status {
                None if has_crashed => 1,
                None => evidence.struck(name),
                Some(status) => status.injected,
            },
            rate: rate.map(|rate| ReachedRate {
                asked: rate.asked,
                covered: rate.covered,
                drawn,
                bounded_by: rate.bounded_by.iter().map(ToString::to_string).collect(),
            }),
            delay: status.and_then(|status| delay::reached(experiment, status)),
            pressure: status.map_or_else(Vec::new, |status| {
                status.pressure.iter().map(reached_pressure).collect()
            }),
            shortfall: is_whole(lines).then(shortfall).flatten(),
        }
    });
    all.collect()
}

/// Why an experiment did not strike, or not as long as its stage lasted.
fn absence(
    experiment: &Experiment,
    status: &ExperimentStatus,
    evidence: &Evidence<'_>,
) -> Option<Verdict> {
    let name = experiment.name();
    if status.dry_run {
        return Some(not_run(name, "was a dry run"));
    }
    let ended = evidence.ended_by_itself(name);
    let strikes_operations = !experiment.faults().iter().all(is_pressure);
    if strikes_operations && status.injected == 0 {
        let reason = ended.map(|(_, reason)| reason.to_string());
        let why = reason.or_else(|| evidence.why_idle(name).map(str::to_owned));
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        return Some(not_run(name, &format!("struck no operation{why}")));
    }
    let (at, reason) = ended?;
    let stage = &evidence.stage;
    let (in_force, length) = (at.saturating_sub(stage.start), stage.end - stage.start);
    if in_force + LATE >= length.mul_f64(IN_FORCE) {
        return None;
    }
    let [in_force, length] = [in_force, length].map(|time| time.as_secs_f64());
    let why = format!("was in force for {in_force:.1} of {length:.1} s: {reason}");
    Some(match reason {
        // Its definition contradicts its stage.
        EndReason::TimeLimit => not_run(name, &why),
        _ => Verdict::Aborted {
            why: format!("the experiment `{name}` {why}"),
        },
    })
}

/// Why its pressures are lower than asked for, if one is.
fn pressure(
    experiment: &Experiment,
    levels: &[PressureLevel],
    evidence: &Evidence<'_>,
) -> Option<Verdict> {
    let name = experiment.name();
    if levels.is_empty() && experiment.faults().iter().any(is_pressure) {
        return Some(not_run(name, "exerted no pressure"));
    }
    // Clocks can be behind, too.
    let falls_short =
        |level: &&PressureLevel| level.achieved.abs() < level.requested.abs() * PRESSURE_REACHED;
    let level = levels.iter().find(falls_short)?;
    let why = evidence.why_short(name, level.kind);
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    Some(not_run(
        name,
        &format!("did not reach its pressure, {level}{why}"),
    ))
}

fn reached_pressure(level: &PressureLevel) -> ReachedPressure {
    ReachedPressure {
        kind: level.kind.to_string(),
        asked: level.requested,
        reached: level.achieved,
        text: level.to_string(),
    }
}

fn is_pressure(fault: &Fault) -> bool {
    matches!(fault, Fault::Exhaust(_))
}

fn not_run(experiment: &str, why: &str) -> Verdict {
    Verdict::NotRun {
        why: format!("the experiment `{experiment}` {why}"),
    }
}

#[cfg(test)]
pub(super) mod tests;
