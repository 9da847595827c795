//! What was measured over time, with the time of the fault shaded.

use std::time::Duration;

use chaos_page::{Markup, Strip};

use crate::report::units::time;
use crate::report::{ControlGroup, Indicator, Report, Series, StageSummary, Unit};
use crate::scenario::Stage;
use crate::statistics::Proportion;

/// What is shown over time.
#[derive(Clone, Copy)]
pub(super) enum Quantity {
    Failed,
    Latency,
    Unhealthy,
}

impl Quantity {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed requests",
            Self::Latency => "latency, p95",
            Self::Unhealthy => "failed health probes",
        }
    }

    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Failed | Self::Unhealthy => Unit::Share,
            Self::Latency => Unit::Seconds,
        }
    }

    /// A round number, up to which values are drawn.
    pub(super) fn top(self, highest: f64) -> f64 {
        let unit = 10_f64.powf(highest.max(1e-3).log10().floor());
        let round = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
        let mut round = round.into_iter().map(|times| times * unit);
        let top = round.find(|top| *top > highest).unwrap_or(highest);
        match self.unit() {
            Unit::Share => top.min(1.0),
            Unit::Seconds | Unit::Number => top,
        }
    }

    /// The highest value in a report, if there is one.
    pub(super) fn highest(self, report: &Report) -> Option<f64> {
        let points = self.points(report.series.as_ref()?);
        let values = points.into_iter().flatten().flatten();
        values.copied().reduce(f64::max)
    }

    /// The points of what no fault struck, and of what one struck.
    fn points(self, series: &Series) -> [&[Option<f64>]; 2] {
        match self {
            Self::Failed => [&series.untreated.failed, &series.treated.failed],
            Self::Latency => [&series.untreated.p95, &series.treated.p95],
            Self::Unhealthy => [&series.unhealthy, &[]],
        }
    }

    /// The highest good value, unless it is so high that it would press the curves flat.
    fn limit(self, report: &Report, highest: f64) -> Option<f64> {
        let limit = |indicator| report.finding(indicator).map(|finding| finding.limit);
        match self {
            Self::Failed => limit(Indicator::ErrorRate),
            Self::Latency => {
                let added = limit(Indicator::LatencyDegradation)?;
                let limit = p95(report, Stage::Baseline)? + added;
                (limit < 3.0 * highest).then_some(limit)
            }
            Self::Unhealthy => None,
        }
    }

    /// The figures of struck requests beside the others, or else of the time of the fault beside that before.
    fn figures(self, report: &Report) -> [(&'static str, &'static str, Option<f64>); 2] {
        let failed =
            |group: fn(&ControlGroup) -> Proportion| group(report.control_group.as_ref()?).share();
        match self {
            Self::Failed => [
                ("treated", "struck", failed(|control| control.treated)),
                ("untreated", "others", failed(|control| control.untreated)),
            ],
            Self::Latency => [
                ("", "during", p95(report, Stage::Inject)),
                ("", "before", p95(report, Stage::Baseline)),
            ],
            Self::Unhealthy => [("", "", None); 2],
        }
    }
}

/// The strip of a quantity in a row; nothing without a series.
pub(super) fn strip(report: &Report, quantity: Quantity) -> Option<Strip<'_>> {
    let series = report.series.as_ref()?;
    let until = |is_before: fn(Stage) -> bool| {
        let stages = report.stages.iter();
        let before = stages.filter(|stage| is_before(stage.stage));
        let length: Duration = before.map(|stage| stage.lasted.0).sum();
        length.as_secs_f64() / series.step.0.as_secs_f64()
    };
    let [untreated, treated] = quantity.points(series);
    Some(Strip {
        label: None,
        height: 28.0,
        length: until(|_| true),
        shaded: until(|stage| stage < Stage::Inject)..until(|stage| stage <= Stage::Inject),
        untreated,
        treated,
        top: 0.0,
        limit: None,
    })
}

/// All quantities of a report under one axis of time; nothing without a series.
pub(in crate::report) fn strips(report: &Report) -> Option<Markup> {
    report.series.as_ref()?;
    let mut out = Markup::default();
    out.put("<div class=\"over-time\">", &[]);
    write_stages(&mut out, &report.stages);
    for quantity in [Quantity::Failed, Quantity::Latency, Quantity::Unhealthy] {
        if let Some(highest) = quantity.highest(report) {
            write_quantity(&mut out, report, quantity, highest);
        }
    }
    out.put("</div>\n", &[]);
    Some(out)
}

fn write_quantity(out: &mut Markup, report: &Report, quantity: Quantity, highest: f64) {
    let (name, unit) = (quantity.name(), quantity.unit());
    out.put("<h4>{}", &[&name]);
    let limit = quantity.limit(report, highest);
    if let Some(limit) = limit {
        let limit = unit.format(limit);
        out.put("<span class=\"limit\">limit {}</span>", &[&limit]);
    }
    let top = quantity.top(limit.unwrap_or(0.0).max(highest));
    let plot = "</h4><div class=\"plot\"><span class=\"scale\">{}</span>";
    out.put(plot, &[&unit.format(top)]);
    if let Some(strip) = strip(report, quantity) {
        let label = format!("{name} over time: at most {}", unit.format(highest));
        let (label, height) = (Some(label.as_str()), 90.0);
        let strip = Strip {
            label,
            height,
            top,
            limit,
            ..strip
        };
        strip.draw(out);
    }
    out.put("</div><dl>", &[]);
    for (class, name, value) in quantity.figures(report) {
        let figure = "<div class=\"{}\"><dt>{}</dt><dd>{}</dd></div>";
        if let Some(value) = value {
            out.put(figure, &[&class, &name, &unit.format(value)]);
        }
    }
    out.put("</dl>", &[]);
}

/// The names of the stages above their time; one that is too short for its name has none.
fn write_stages(out: &mut Markup, stages: &[StageSummary]) {
    let lasted = |stage: &StageSummary| stage.lasted.0.as_secs_f64();
    let length: f64 = stages.iter().map(lasted).sum();
    out.put("<svg class=\"stages\">", &[]);
    let mut start = 0.0;
    for stage in stages {
        let share = lasted(stage) / length * 100.0;
        let middle = (start + share / 2.0).round();
        let text = "<text class=\"{}\" x=\"{}%\" y=\"12\">{} {}</text>";
        if share > 12.0 {
            let (stage, lasted) = (stage.stage, time(stage.lasted.0));
            out.put(text, &[&stage, &middle, &stage, &lasted]);
        }
        start += share;
    }
    out.put("</svg>", &[]);
}

/// The 95th percentile of latency in a stage, in seconds.
fn p95(report: &Report, of: Stage) -> Option<f64> {
    let stage = report.stages.iter().find(|stage| stage.stage == of)?;
    Some(stage.latency?.p95.0.as_secs_f64())
}
