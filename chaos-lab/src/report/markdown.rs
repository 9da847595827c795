//! Writes a report as Markdown.

use std::fmt::{self, Display, Write};

use chaos_core::adapter::HumanDuration;

use super::{
    ControlGroup, Fate, Finding, Recovery, Report, StageSummary, Unit, experiment_reached,
};
use crate::Verdict;
use crate::statistics::{Estimate, Proportion};

impl Report {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text never fails.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "# {}: {}\n", self.scenario, self.verdict.name())?;
        if let Some(why) = self.verdict.reason() {
            writeln!(out, "{why}.\n")?;
        }
        writeln!(out, "## Objectives\n")?;
        writeln!(out, "| | limit | measured | at 95 % confidence | verdict |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        for finding in &self.findings {
            write_finding(out, finding)?;
        }
        for rule in &self.broken_rules {
            let at = in_unit(Unit::Seconds, rule.at.0.as_secs_f64());
            writeln!(
                out,
                "\n**The business rule `{}` was found broken** {at} after the start: {}.",
                rule.rule, rule.why
            )?;
        }
        if !self.reached.is_empty() {
            experiment_reached::write_section(out, &self.reached)?;
        }
        if !self.fates.is_empty() {
            writeln!(out, "\n## What became of the struck requests\n")?;
            writeln!(
                out,
                "| fault | struck at | absorbed | surfaced | of no request |"
            )?;
            writeln!(out, "|---|---|---|---|---|")?;
            for fate in &self.fates {
                write_fate(out, fate)?;
            }
            for advice in self.fates.iter().filter_map(advice) {
                writeln!(out, "\n{advice}")?;
            }
        }
        if let Some(control) = &self.control_group {
            write_control_group(out, control)?;
        }
        if let Some(recovery) = &self.recovery {
            write_recovery(out, recovery)?;
        }
        writeln!(out, "\n## Stages\n")?;
        writeln!(
            out,
            "| | lasted | failed requests | failed health probes | p50 | p95 | p99 |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for stage in &self.stages {
            write_stage(out, stage)?;
        }
        if !self.caveats.is_empty() {
            writeln!(out, "\n## Caveats\n")?;
            for caveat in &self.caveats {
                writeln!(out, "- {caveat}")?;
            }
        }
        Ok(())
    }
}

pub(super) fn write_finding(out: &mut impl Write, finding: &Finding) -> fmt::Result {
    let unit = finding.indicator.unit();
    let (measured, bounds) = match &finding.measured {
        Some(measured) => (in_unit(unit, measured.value), between(unit, measured)),
        None => ("–".to_owned(), "–".to_owned()),
    };
    let verdict = match finding.verdict.reason() {
        Some(why) => format!("{}: {why}", finding.verdict.name()),
        None => finding.verdict.name().to_owned(),
    };
    writeln!(
        out,
        "| {} | {} | {measured} | {bounds} | {verdict} |",
        finding.indicator,
        limit(finding)
    )
}

impl Finding {
    /// Why the objective is not met, if it is not.
    pub(super) fn shortfall(&self) -> Option<String> {
        let why = match (&self.verdict, &self.measured) {
            (Verdict::Met | Verdict::NotApplicable { .. }, _) => return None,
            (Verdict::Violated, Some(measured)) => in_unit(self.indicator.unit(), measured.value),
            (Verdict::Violated, None) => "not within the run".to_owned(),
            (verdict, _) => verdict.reason()?,
        };
        Some(format!("{}: {why} (limit {})", self.indicator, limit(self)))
    }
}

fn limit(finding: &Finding) -> String {
    let sign = if finding.indicator.is_better_when_high() {
        "≥"
    } else {
        "≤"
    };
    let unit = finding.indicator.unit();
    format!("{sign} {}", in_unit(unit, finding.limit))
}

fn write_fate(out: &mut impl Write, fate: &Fate) -> fmt::Result {
    let surfaced: Vec<String> = fate
        .surfaced
        .iter()
        .map(|(answer, count)| format!("{count} as {answer}"))
        .collect();
    let surfaced = if surfaced.is_empty() {
        "0".to_owned()
    } else {
        surfaced.join(", ")
    };
    writeln!(
        out,
        "| {} | `{}` of {} ({}) | {} | {surfaced} | {} |",
        fate.fault, fate.operation, fate.service, fate.kind, fate.absorbed, fate.unknown
    )
}

/// What follows from the faults that surfaced.
fn advice(fate: &Fate) -> Option<String> {
    let surfaced: u64 = fate.surfaced.values().sum();
    let struck = surfaced + fate.absorbed;
    if surfaced == 0 {
        return None;
    }
    let (operation, service, fault) = (&fate.operation, &fate.service, fate.fault);
    Some(if fate.absorbed == 0 {
        format!(
            "**Nothing absorbs the fault `{fault}` at `{operation}` of {service}**: all {struck} struck requests failed. A \
             retry, a fallback or a time limit around this call would."
        )
    } else {
        format!(
            "**{surfaced} of {struck} struck requests failed** on the fault `{fault}` at `{operation}` of {service}. The others \
             were absorbed, so what absorbs them gives up too early or has no capacity left."
        )
    })
}

fn write_control_group(out: &mut impl Write, control: &ControlGroup) -> fmt::Result {
    writeln!(
        out,
        "\n## Struck requests beside the others of the same time\n"
    )?;
    writeln!(
        out,
        "{} of the struck requests failed, and {} of the others: a difference of {} ({}).",
        counted(control.treated),
        counted(control.untreated),
        in_unit(Unit::Share, control.errors.value),
        between(Unit::Share, &control.errors),
    )?;
    if let Some(latency) = &control.latency {
        writeln!(
            out,
            "The difference of their 95th percentiles was {} ({}).",
            in_unit(Unit::Seconds, latency.value),
            between(Unit::Seconds, latency),
        )?;
    }
    Ok(())
}

fn write_recovery(out: &mut impl Write, recovery: &Recovery) -> fmt::Result {
    let time = |time: Option<HumanDuration>| match time {
        Some(time) => in_unit(Unit::Seconds, time.0.as_secs_f64()),
        None => "not seen".to_owned(),
    };
    writeln!(out, "\n## How the target came back\n")?;
    writeln!(out, "| after the end of the fault | |\n|---|---|")?;
    writeln!(out, "| first success | {} |", time(recovery.first_success))?;
    writeln!(
        out,
        "| successes in a row | {} |",
        recovery.successes_in_a_row
    )?;
    writeln!(out, "| steady | {} |", time(recovery.steady))?;
    if recovery.rules_hold.is_some() {
        writeln!(
            out,
            "| business rules hold | {} |",
            time(recovery.rules_hold)
        )?;
    }
    writeln!(
        out,
        "\nFrom the start of the fault on, the target was down for {}, and {} health checks failed.",
        in_unit(Unit::Seconds, recovery.downtime.0.as_secs_f64()),
        recovery.failed_health_checks
    )
}

fn write_stage(out: &mut impl Write, stage: &StageSummary) -> fmt::Result {
    let latency = |pick: fn(&super::Latencies) -> HumanDuration| match &stage.latency {
        Some(latency) => in_unit(Unit::Seconds, pick(latency).0.as_secs_f64()),
        None => "–".to_owned(),
    };
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} |",
        stage.stage,
        in_unit(Unit::Seconds, stage.lasted.0.as_secs_f64()),
        counted(stage.failed),
        counted(stage.unhealthy),
        latency(|latency| latency.p50),
        latency(|latency| latency.p95),
        latency(|latency| latency.p99),
    )
}

/// A text as a cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn counted(share: Proportion) -> impl Display {
    match share.of() {
        0 => "–".to_owned(),
        of => format!("{} of {of}", share.count()),
    }
}

pub(super) fn between(unit: Unit, estimate: &Estimate) -> String {
    match (estimate.lower.is_finite(), estimate.upper.is_finite()) {
        (true, true) => format!(
            "{} to {}",
            in_unit(unit, estimate.lower),
            in_unit(unit, estimate.upper)
        ),
        (true, false) => format!("at least {}", in_unit(unit, estimate.lower)),
        (false, true) => format!("at most {}", in_unit(unit, estimate.upper)),
        (false, false) => "unknown".to_owned(),
    }
}

pub(super) fn in_unit(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => format!("{} %", rounded(value * 100.0)),
        Unit::Seconds if value.abs() < 1.0 => format!("{} ms", rounded(value * 1e3)),
        Unit::Seconds => format!("{} s", rounded(value)),
    }
}

/// Three digits say as much as a measurement knows.
fn rounded(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
