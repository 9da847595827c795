//! Says what each scenario does, and whether it can conclude.

use anyhow::Result;
use chaos_core::adapter::HumanDuration;
use chaos_lab::scenario::{Scenario, Suite};
use chaos_lab::statistics::{Proportion, requests_that_decide, requests_to_plan};

use super::run::print;
use crate::arguments::SuiteFile;
use crate::exit::Exit;

pub(crate) fn explain(file: &SuiteFile) -> Result<Exit> {
    let suite = Suite::read(&file.suite)?;
    for scenario in &suite.scenarios {
        print(&explanation(scenario))?;
    }
    Ok(Exit::Passed)
}

fn explanation(scenario: &Scenario) -> String {
    let limits = scenario.objectives.limits();
    let stages = &scenario.stages;
    let mut text = format!("{}\n", scenario.name);
    for experiment in &scenario.experiments {
        let faults: Vec<_> = experiment
            .faults()
            .iter()
            .map(|fault| fault.kind().to_string())
            .collect();
        text += &format!("  {}: injects {}\n", experiment.name(), faults.join(", "));
    }
    let inject = stages.inject.0.as_secs_f64();
    let requests = scenario
        .load
        .as_ref()
        .map(|load| f64::from(load.per_second) * inject);
    text += &can_conclude(
        "error rate",
        "requests",
        requests,
        limits.error_rate.as_share(),
    );
    let watched = inject + stages.recover.0.as_secs_f64().min(5.0);
    let probes = scenario.steady_state.len() as f64 * 4.0 * watched;
    let probes = Some(probes).filter(|probes| *probes > 0.0);
    let unavailable = 1.0 - limits.availability.as_share();
    text += &can_conclude("availability", "health probes", probes, unavailable);
    text + &format!("  takes at most {}\n", HumanDuration(stages.total()))
}

/// Whether so many of something are enough for a limit.
fn can_conclude(what: &str, of_what: &str, made: Option<f64>, limit: f64) -> String {
    let Some(made) = made.map(|made| made as u64) else {
        return format!("  {what}: can't conclude, as there are no {of_what}\n");
    };
    let none_failed = Proportion::new(0, 1).and_then(|none| requests_that_decide(none, limit));
    match (none_failed, requests_to_plan(limit)) {
        (Some(least), _) if made < least => format!(
            "  {what}: can't conclude with {made} {of_what}; {least} without a failure are the least\n"
        ),
        (_, Some(planned)) if made < planned => format!(
            "  {what}: can conclude with {made} {of_what}; nine of ten runs do with {planned}\n"
        ),
        (Some(_), Some(_)) => format!("  {what}: concludes with {made} {of_what}\n"),
        _ => format!("  {what}: nothing to conclude at this limit\n"),
    }
}
