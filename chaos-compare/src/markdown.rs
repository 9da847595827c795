//! Writes a comparison as Markdown, for a pull request.

use std::fmt::{self, Write};

use chaos_lab::Verdict;

use crate::change::{Change, Effect, LEAST_PAIRS, Measure};
use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};
use crate::signed::signed;

impl Comparison {
    /// The comparison as Markdown, for a pull request.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text never fails.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut impl Write) -> fmt::Result {
        let count = |effect| self.changes(effect).count();
        let (worse, better) = (count(Effect::Regression), count(Effect::Improvement));
        writeln!(out, "# {}", self.heading(worse, better))?;
        if let Some(why) = self.verdict.reason() {
            writeln!(out, "\n{why}.")?;
        }
        if worse + better > 0 {
            writeln!(out)?;
        }
        for effect in [Effect::Regression, Effect::Improvement] {
            for (scenario, group, change) in self.changes(effect) {
                write_finding(out, scenario, group, change)?;
            }
        }
        for scenario in &self.scenarios {
            write_scenario(out, scenario)?;
        }
        writeln!(
            out,
            "\nAll findings together are wrong about equal builds in at most 5 % of comparisons; each interval by itself holds \
             at 95 %. Worse and better are the requests that failed in one build only, or were slower in it by more than {} and a \
             tenth of the latency.",
            self.noticeable_latency
        )
    }

    fn heading(&self, worse: usize, better: usize) -> String {
        let counted = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let better = counted(better, "improvement");
        let is_compared = |one: &ScenarioComparison| one.incomparable.is_none();
        match self.verdict {
            Verdict::Violated => format!("{}, {better}", counted(worse, "regression")),
            Verdict::Met => format!("No regression, {better}"),
            _ if self.scenarios.iter().any(is_compared) => {
                format!("No regression, {better}, but not all can be compared")
            }
            _ => "Can't be compared".to_owned(),
        }
    }
}

fn write_finding(
    out: &mut impl Write,
    scenario: &ScenarioComparison,
    group: &GroupComparison,
    change: &Change,
) -> fmt::Result {
    let unit = change.measure.unit();
    writeln!(
        out,
        "- **{}** in {}: {}: {} {} in A, {} in B: {} (at 95 %: {}).",
        name(change.effect),
        scenario.scenario,
        group.subject,
        what(change.measure),
        unit.format(change.a),
        unit.format(change.b),
        signed(unit, change.difference.value),
        unit.format_bounds(&change.difference),
    )
}

fn write_scenario(out: &mut impl Write, scenario: &ScenarioComparison) -> fmt::Result {
    writeln!(out, "\n## {}\n", scenario.scenario)?;
    if let Some(why) = &scenario.incomparable {
        return writeln!(out, "Can't be compared: {why}.");
    }
    writeln!(
        out,
        "| fault | | A | B | B − A | at 95 % | worse | better | requests | p | |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|")?;
    for group in &scenario.groups {
        write_group(out, group)?;
    }
    let uneven = scenario.groups.iter().filter_map(uneven);
    let mut caveats = scenario.caveats.iter().cloned().chain(uneven).peekable();
    if caveats.peek().is_some() {
        writeln!(out)?;
    }
    caveats.try_for_each(|caveat| writeln!(out, "- {caveat}"))
}

fn write_group(out: &mut impl Write, group: &GroupComparison) -> fmt::Result {
    // A bar would end the cell.
    let subject = group.subject.to_string().replace('|', "\\|");
    if group.changes.is_empty() {
        return writeln!(
            out,
            "| {subject} | | | | | | | | {} | | fewer than {LEAST_PAIRS} requests |",
            group.pairs
        );
    }
    for change in &group.changes {
        let unit = change.measure.unit();
        writeln!(
            out,
            "| {subject} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            what(change.measure),
            unit.format(change.a),
            unit.format(change.b),
            signed(unit, change.difference.value),
            unit.format_bounds(&change.difference),
            change.worse,
            change.better,
            change.pairs,
            probability(change.p_value),
            name(change.effect),
        )?;
    }
    Ok(())
}

/// What the builds do so differently that the faults struck other requests.
fn uneven(group: &GroupComparison) -> Option<String> {
    let (a, b) = (group.struck_only_in_a, group.struck_only_in_b);
    (a + b > 0).then(|| {
        format!(
            "{}: of {} requests, {a} were struck in A only and {b} in B only",
            group.subject, group.pairs
        )
    })
}

fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::Regression => "regression",
        Effect::Improvement => "improvement",
        Effect::None => "",
    }
}

fn what(measure: Measure) -> &'static str {
    match measure {
        Measure::Failures => "failed requests",
        Measure::Latency => "median latency",
    }
}

fn probability(p_value: f64) -> String {
    match p_value {
        small if small < 0.001 => "< 0.001".to_owned(),
        _ => format!("{p_value:.3}"),
    }
}
