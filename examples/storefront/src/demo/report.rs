//! The table of the results, and the summary.

use std::time::Duration;

use super::stats::Stats;
use super::verdict::{RECOVERY_LIMIT, StepResult, Tally, render_levels};

pub(crate) fn print_header() {
    println!(
        "{:<36} {:>5} {:>6}  {:^19}  {:^19}  injected > absorbed > surfaced > unknown",
        "", "req/s", "errors", "p50 in ms", "p99 in ms"
    );
    println!("{:<50} before|during|after  before|during|after", "");
}

pub(crate) fn print_row(step: &StepResult, remark: &str) {
    let times = |quantile: fn(&Stats) -> Duration| {
        let ms = |stats: &Stats| format!("{:.0}", quantile(stats).as_secs_f64() * 1e3);
        let (before, during) = (ms(&step.before), ms(&step.during));
        format!("{before:>6}|{during:>6}|{:>5}", ms(&step.after))
    };
    let result = if step.pressure.is_empty() {
        let (injected, absorbed) = (step.tally.injected, step.tally.absorbed);
        let (surfaced, unknown) = (step.tally.surfaced, step.tally.unknown);
        format!("{injected:>8}   {absorbed:>8}   {surfaced:>8}   {unknown:>7}")
    } else {
        format!("{:<40}", render_levels(&step.pressure))
    };
    let (rate, failed) = (step.during.per_second, step.during.failed);
    let (p50, p99) = (times(Stats::p50), times(Stats::p99));
    let name = &step.name;
    println!("{name:<36} {rate:>5.0} {failed:>6}  {p50}  {p99}  {result}  {remark}");
}

pub(crate) fn print_summary(steps: &[StepResult]) {
    println!();
    for step in steps {
        for deviation in &step.deviations {
            println!("{}: {deviation}", step.name);
        }
    }
    let sum = |count: fn(&Tally) -> u64| steps.iter().map(|step| count(&step.tally)).sum::<u64>();
    let as_expected = steps.iter().filter(|step| step.deviations.is_empty());
    println!(
        "{} of {} steps went as expected, and recovered within {RECOVERY_LIMIT:?}.",
        as_expected.count(),
        steps.len()
    );
    println!(
        "Of the injected faults, {} were absorbed: their requests succeeded. {} reached customers. {} hit requests that \
         were in progress when the fault began, whose results are unknown.",
        sum(|tally| tally.absorbed),
        sum(|tally| tally.surfaced),
        sum(|tally| tally.unknown),
    );
}
