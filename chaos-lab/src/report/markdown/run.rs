//! The report of a run.

use chaos_core::adapter::HumanDuration;

use super::units::{bounded, counted, time};
use super::{Document, or_nothing};
use crate::Verdict;
use crate::report::{
    ControlGroup, ExperimentReached, Fate, Finding, Latencies, MovedReading, Recovery, Report,
    StageSummary, Unit,
};
use crate::statistics::Estimate;

pub(super) const FINDINGS: [&str; 5] = ["", "limit", "measured", "at 95 % confidence", "verdict"];

impl Report {
    /// The report as Markdown, for people.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = Document::about(&self.scenario, &self.verdict);
        let findings = self.findings.iter().map(Finding::cells).collect();
        out.section("Objectives", FINDINGS, findings);
        out.paragraphs(self.broken_rules.iter().map(|rule| {
            let (name, at, why) = (&rule.rule, time(rule.at.0), &rule.why);
            format!("**The business rule `{name}` was found broken** {at} after the start: {why}.")
        }));
        out.section(
            "Business readings",
            ["", "allowed", "before", "during", "change", "verdict"],
            self.readings.iter().map(MovedReading::cells).collect(),
        );
        let reached = self.reached.iter().flat_map(ExperimentReached::rows);
        out.section(
            "What was asked, and what was reached",
            ["experiment", "", "asked", "reached"],
            reached.collect(),
        );
        out.section(
            "What became of the struck requests",
            ["fault", "struck at", "absorbed", "surfaced", "unknown"],
            self.fates.iter().map(Fate::cells).collect(),
        );
        out.paragraphs(self.fates.iter().filter_map(advice));
        if let Some(control) = &self.control_group {
            out.paragraph("## Struck requests beside the others of the same time");
            out.paragraph(control.sentences());
        }
        if let Some(recovery) = &self.recovery {
            out.section(
                "How the target came back",
                ["after the end of the fault", ""],
                recovery.rows(),
            );
            out.paragraph(format!(
                "From the start of the fault on, the target was down for {}, and {} health checks failed.",
                time(recovery.downtime.0),
                recovery.failed_health_checks
            ));
        }
        out.section(
            "Stages",
            [
                "",
                "lasted",
                "failed requests",
                "failed health probes",
                "p50",
                "p95",
                "p99",
            ],
            self.stages.iter().map(StageSummary::cells).collect(),
        );
        if !self.caveats.is_empty() {
            out.paragraph("## Caveats");
            out.paragraph(format!("- {}", self.caveats.join("\n- ")));
        }
        out.into_text()
    }
}

impl MovedReading {
    fn cells(&self) -> [String; 6] {
        let number = |estimate: &Estimate| Unit::Number.format(estimate.value);
        let change = self.change.as_ref();
        [
            self.rule.clone(),
            self.allowed.clone(),
            or_nothing(self.before.as_ref().map(number)),
            or_nothing(self.during.as_ref().map(number)),
            or_nothing(change.map(|change| bounded(Unit::Number, change))),
            worded(&self.verdict),
        ]
    }
}

/// A verdict with its reason.
fn worded(verdict: &Verdict) -> String {
    match verdict.reason() {
        Some(why) => format!("{}: {why}", verdict.name()),
        None => verdict.name().to_owned(),
    }
}

impl Finding {
    pub(super) fn cells(&self) -> [String; 5] {
        let unit = self.indicator.unit();
        let measured = self.measured.as_ref();
        [
            self.indicator.to_string(),
            limit(self),
            or_nothing(measured.map(|measured| unit.format(measured.value))),
            or_nothing(measured.map(|measured| unit.format_bounds(measured))),
            worded(&self.verdict),
        ]
    }

    /// Why the objective is not met, if it is not.
    pub(super) fn shortfall(&self) -> Option<String> {
        let why = match (&self.verdict, &self.measured) {
            (Verdict::Met | Verdict::NotApplicable { .. }, _) => return None,
            (Verdict::Violated, Some(measured)) => self.indicator.unit().format(measured.value),
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
    format!("{sign} {}", unit.format(finding.limit))
}

impl ExperimentReached {
    fn rows(&self) -> Vec<[String; 4]> {
        let row = |what: &str, asked: String, reached: String| {
            [self.experiment.clone(), what.to_owned(), asked, reached]
        };
        let mut reached = self.struck.to_string();
        let rate = self.rate.as_ref();
        if let Some(covered) = rate.and_then(|rate| rate.covered) {
            reached += &format!(" of {covered}");
        }
        reached += " struck";
        if let Some(drawn) = rate.and_then(|rate| rate.drawn.as_ref()) {
            let share = Unit::Share.format(drawn.value);
            let bounds = Unit::Share.format_bounds(drawn);
            reached += &format!(", {share} drawn ({bounds})");
        }
        if let Some(rate) = rate.filter(|rate| !rate.bounded_by.is_empty()) {
            reached += &format!(", bounded by {}", rate.bounded_by.join(" and "));
        }
        let mut rows = vec![row(
            "rate",
            or_nothing(rate.map(|rate| rate.asked)),
            reached,
        )];
        rows.extend(self.delay.as_ref().map(|delay| {
            let mut felt = time(delay.felt.0);
            if delay.cut_short > 0 {
                felt += &format!(", {} of {} cut short", delay.cut_short, delay.operations);
            }
            let asked = delay.asked.map(|asked| time(asked.0));
            row("median delay", or_nothing(asked), felt)
        }));
        let pressures = self.pressure.iter();
        rows.extend(pressures.map(|one| row("pressure", String::new(), one.text.clone())));
        rows
    }
}

impl Fate {
    fn cells(&self) -> [String; 5] {
        let surfaced = self.surfaced.iter();
        let surfaced = surfaced.map(|(answer, count)| format!("{count} as {answer}"));
        let surfaced: Vec<_> = surfaced.collect();
        [
            self.fault.to_string(),
            format!("`{}` of {} ({})", self.operation, self.service, self.kind),
            self.absorbed.to_string(),
            if surfaced.is_empty() {
                "0".to_owned()
            } else {
                surfaced.join(", ")
            },
            self.unknown.to_string(),
        ]
    }
}

/// What follows from the faults that surfaced.
fn advice(fate: &Fate) -> Option<String> {
    let surfaced = fate.failed();
    let struck = surfaced + fate.absorbed;
    let (operation, service, fault) = (&fate.operation, &fate.service, fate.fault);
    match (surfaced, fate.absorbed) {
        (0, _) => None,
        (_, 0) => Some(format!(
            "**Nothing absorbs the fault `{fault}` at `{operation}` of {service}**: all {struck} struck requests failed. A \
             retry, a fallback or a time limit around this call would."
        )),
        _ => Some(format!(
            "**{surfaced} of {struck} struck requests failed** on the fault `{fault}` at `{operation}` of {service}. The others \
             succeeded, so something absorbs the fault, and gives up on these."
        )),
    }
}

impl ControlGroup {
    fn sentences(&self) -> String {
        let mut text = format!(
            "{} of the struck requests failed, and {} of the others: a difference of {}.",
            or_nothing(counted(self.treated)),
            or_nothing(counted(self.untreated)),
            bounded(Unit::Share, &self.errors)
        );
        if let Some(latency) = &self.latency {
            let difference = bounded(Unit::Seconds, latency);
            text += &format!("\nThe difference of their 95th percentiles was {difference}.");
        }
        text
    }
}

impl Recovery {
    fn rows(&self) -> Vec<[String; 2]> {
        let seen = |at: Option<HumanDuration>| at.map_or("not seen".to_owned(), |at| time(at.0));
        let mut rows = vec![
            ("first success", seen(self.first_success)),
            ("successes in a row", self.successes_in_a_row.to_string()),
            ("steady", seen(self.steady)),
        ];
        rows.extend(
            self.rules_hold
                .map(|at| ("business rules hold", time(at.0))),
        );
        rows.into_iter()
            .map(|(what, when)| [what.to_owned(), when])
            .collect()
    }
}

impl StageSummary {
    fn cells(&self) -> [String; 7] {
        let latency = |pick: fn(&Latencies) -> HumanDuration| {
            or_nothing(self.latency.as_ref().map(|latency| time(pick(latency).0)))
        };
        [
            self.stage.to_string(),
            time(self.lasted.0),
            or_nothing(counted(self.failed)),
            or_nothing(counted(self.unhealthy)),
            latency(|latency| latency.p50),
            latency(|latency| latency.p95),
            latency(|latency| latency.p99),
        ]
    }
}
