//! What a comparison says, in the words that all formats share; words between backticks are code.

use chaos_lab::Verdict;
use chaos_lab::report::Unit;

use crate::change::{Effect, Measure};
use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};

impl Comparison {
    /// The sentence that says what matters.
    pub(crate) fn heading(&self) -> String {
        let counted = |effect, what: &str| match self.changes(effect).count() {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let better = counted(Effect::Improvement, "improvement");
        let is_compared = |one: &ScenarioComparison| one.incomparable.is_none();
        match self.verdict {
            Verdict::Violated => format!("{}, {better}", counted(Effect::Regression, "regression")),
            Verdict::Met => format!("No regression, {better}"),
            _ if self.scenarios.iter().any(is_compared) => {
                format!("No regression, {better}, but not all can be compared")
            }
            _ => "Can't be compared".to_owned(),
        }
    }

    /// The changes that are more than chance, each by its name and what is to be said about it.
    pub(crate) fn findings(&self) -> Vec<[String; 2]> {
        let effects = [Effect::Regression, Effect::Improvement].into_iter();
        let changes = effects.flat_map(|effect| self.changes(effect));
        let findings = changes.map(|(scenario, group, change)| {
            let unit = change.measure.unit();
            let found = format!(
                " in {}: {}: {} {} in A, {} in B: {} (at 95 %: {}).",
                scenario.scenario,
                group.subject,
                what(change.measure),
                unit.format(change.a),
                unit.format(change.b),
                signed(unit, change.difference.value),
                unit.format_bounds(&change.difference),
            );
            [name(change.effect).to_owned(), found]
        });
        findings.collect()
    }

    /// How sure all of it is.
    pub(crate) fn caution(&self) -> String {
        format!(
            "All findings together are wrong about equal builds in at most 5 % of comparisons; each interval by itself holds \
             at 95 %. Worse and better are the requests that failed in one build only, or were slower in it by more than {} and a \
             tenth of the latency.",
            self.noticeable_latency
        )
    }
}

impl ScenarioComparison {
    /// What makes it less certain than it looks.
    pub(crate) fn all_caveats(&self) -> Vec<String> {
        let uneven = self.groups.iter().filter_map(uneven);
        self.caveats.iter().cloned().chain(uneven).collect()
    }
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

pub(crate) fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::Regression => "regression",
        Effect::Improvement => "improvement",
        Effect::None => "",
    }
}

pub(crate) fn what(measure: Measure) -> &'static str {
    match measure {
        Measure::Failures => "failed requests",
        Measure::Latency => "median latency",
    }
}

pub(crate) fn probability(p_value: f64) -> String {
    match p_value {
        small if small < 0.001 => "< 0.001".to_owned(),
        _ => format!("{p_value:.3}"),
    }
}

/// A difference, with its sign.
pub(crate) fn signed(unit: Unit, difference: f64) -> String {
    let text = unit.format(difference);
    let is_zero = text.starts_with("0 ");
    let sign = if difference > 0.0 && !is_zero {
        "+"
    } else {
        ""
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_sign_unless_it_is_rounded_to_0() {
        let expected = [
            (0.1, "+10 %"),
            (-0.1, "-10 %"),
            (1e-6, "0 %"),
            (-1e-6, "0 %"),
        ];
        for (difference, text) in expected {
            assert_eq!(signed(Unit::Share, difference), text);
        }
    }
}
