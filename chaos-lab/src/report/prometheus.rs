//! Writes reports in the text format of Prometheus, for a text file collector or a push.

use std::fmt::Write;
use std::slice::from_ref;

use super::{Indicator, Movement, RecoveryStage, Report, SuiteReport};
use crate::Verdict;

/// What is measured, by the name of its metric, with the factor of its unit.
const MEASURED: [(&str, Indicator, f64); 5] = [
    ("chaos_mttr_seconds", Indicator::Mttr, 1.0),
    ("chaos_error_rate_percent", Indicator::ErrorRate, 100.0),
    ("chaos_availability_percent", Indicator::Availability, 100.0),
    (
        "chaos_latency_degradation_ms",
        Indicator::LatencyDegradation,
        1e3,
    ),
    ("chaos_recovery_time_seconds", Indicator::Recovery, 1.0),
];

impl SuiteReport {
    /// The report in the text format of Prometheus; what is not known is left out.
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        let suite = format!("suite=\"{}\",", escaped(&self.suite));
        write_metrics(&suite, &self.reports) + &self.regressions(&suite)
    }
}

impl SuiteReport {
    /// Whether each indicator got worse, where there are enough runs to say.
    fn regressions(&self, suite: &str) -> String {
        let known = self.trend.iter();
        let known = known.filter(|trend| trend.movement != Movement::TooFewRuns);
        let lines = known.map(|trend| {
            let (scenario, indicator) = (escaped(&trend.scenario), trend.indicator);
            let value = u8::from(matches!(trend.movement, Movement::Regression(_)));
            format!("chaos_regression{{{suite}scenario=\"{scenario}\",indicator=\"{indicator}\"}} {value}\n")
        });
        let lines: String = lines.collect();
        if lines.is_empty() {
            return lines;
        }
        let help = "Whether the indicator is worse than in earlier runs.";
        format!("# HELP chaos_regression {help}\n# TYPE chaos_regression gauge\n{lines}")
    }
}

impl Report {
    /// The report in the text format of Prometheus; what is not known is left out.
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        write_metrics("", from_ref(self))
    }

    /// Whether the run met its objectives, if it decides that.
    fn is_met(&self) -> Option<bool> {
        match self.verdict {
            Verdict::Met => Some(true),
            Verdict::Violated => Some(false),
            _ => None,
        }
    }
}

fn write_metrics(suite: &str, reports: &[Report]) -> String {
    let mut out = String::new();
    let mut metric = |name: &str, help: &str, value: &dyn Fn(&Report) -> Option<f64>| {
        let values = reports
            .iter()
            .filter_map(|report| Some((report, value(report)?)));
        for (nth, (report, value)) in values.enumerate() {
            if nth == 0 {
                out += &format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
            }
            let scenario = escaped(&report.scenario);
            // Writing to a text never fails.
            let _ = writeln!(out, "{name}{{{suite}scenario=\"{scenario}\"}} {value}");
        }
    };
    for (name, indicator, factor) in MEASURED {
        let help = format!("Measured {indicator}.");
        metric(name, &help, &|report| {
            if matches!(
                report.verdict,
                Verdict::NotRun { .. } | Verdict::Aborted { .. }
            ) {
                return None;
            }
            let value = report.finding(indicator)?.measured?.value * factor;
            value.is_finite().then_some((value * 1e6).round() / 1e6)
        });
    }
    for stage in [
        RecoveryStage::Immediate,
        RecoveryStage::ShortTerm,
        RecoveryStage::Business,
    ] {
        let name = format!("chaos_recovery_{}_seconds", stage.label());
        let help = format!(
            "Time from the end of the fault until {}.",
            stage.when_reached()
        );
        metric(&name, &help, &|report| {
            let mut stages = report.recovery.as_ref()?.stages.iter();
            let reached = stages.find(|one| one.stage == stage)?.reached?;
            Some(reached.0.as_secs_f64())
        });
    }
    let help = "Whether the scenario met its objectives.";
    metric("chaos_slo_passed", help, &|report| {
        Some(f64::from(u8::from(report.is_met()?)))
    });
    let help = "The number of objectives that the scenario violated.";
    metric("chaos_slo_violations_count", help, &|report| {
        let verdicts = report.findings.iter().map(|finding| &finding.verdict);
        let verdicts = verdicts.chain(report.readings.iter().map(|reading| &reading.verdict));
        let violations = verdicts
            .filter(|verdict| **verdict == Verdict::Violated)
            .count();
        report.is_met().map(|_| violations as f64)
    });
    out
}

/// The text of a label.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\n")
}
