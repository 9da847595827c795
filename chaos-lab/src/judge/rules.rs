//! What the business rules found: whether they held, and how far their readings moved.

use chaos_core::adapter::HumanDuration;

use super::recorded::Recorded;
use crate::Verdict;
use crate::record::RuleState;
use crate::report::{BrokenRule, Finding, Indicator, MovedReading};
use crate::scenario::{Allowance, Drift, ProbePlan, Stage};
use crate::statistics::{Estimate, Proportion, difference_of_values, quantile_of};

impl Recorded<'_> {
    /// Whether the rules held from the start of the fault on; nothing without rules that a single look can find broken.
    ///
    /// A rule must always hold, so one look that finds it broken decides. A look without an answer says nothing.
    pub(super) fn business_rules(&self) -> Option<Finding> {
        self.start(Stage::Inject)?;
        let rules = &self.opened.scenario.business_rules;
        let only_moves = rules.iter().filter(|rule| rule.only_moves());
        let only_moves: Vec<String> = only_moves.map(ProbePlan::name).collect();
        if rules.len() == only_moves.len() {
            return None;
        }
        let looks = self.rules(self.from(Stage::Inject));
        let looks = looks.filter(|(_, look)| !only_moves.contains(&look.rule));
        let broken: Proportion = looks.filter_map(|(_, look)| look.broken()).collect();
        let held = broken.complement();
        let verdict = match (broken.of(), broken.count()) {
            (0, _) => Verdict::inconclusive("no look at the business rules got an answer"),
            (_, 0) => Verdict::Met,
            _ => Verdict::Violated,
        };
        let measured = held.estimate();
        Some(Finding::new(
            Indicator::BusinessRules,
            1.0,
            measured,
            verdict,
        ))
    }

    /// The rules that were found broken, each with the first such look.
    pub(super) fn broken_rules(&self) -> Vec<BrokenRule> {
        let mut broken: Vec<BrokenRule> = Vec::new();
        for (at, look) in self.rules(self.from(Stage::Inject)) {
            if let RuleState::Broken(why) = &look.found
                && broken.iter().all(|one| one.rule != look.rule)
            {
                broken.push(BrokenRule {
                    rule: look.rule.clone(),
                    at: HumanDuration(at),
                    why: why.clone(),
                });
            }
        }
        broken
    }
}

/// The least values whose median has both bounds.
const LEAST: usize = 5;

impl Recorded<'_> {
    /// How far each reading moved that has a limit for it.
    pub(super) fn moved_readings(&self) -> Vec<MovedReading> {
        let rules = self.opened.scenario.business_rules.iter();
        let limited = rules.filter(|rule| !rule.drift.is_unlimited());
        limited.map(|rule| self.moved(rule)).collect()
    }

    fn moved(&self, rule: &ProbePlan) -> MovedReading {
        let name = rule.name();
        let [before, during] = [Stage::Baseline, Stage::Inject].map(|stage| {
            let looks = self.rules(self.span(stage));
            let looks = looks.filter(|(_, look)| look.rule == name);
            looks
                .filter_map(|(_, look)| look.reading)
                .collect::<Vec<_>>()
        });
        let (of_before, of_during) = (before.len(), during.len());
        let medians = quantile_of(before, 0.5).zip(quantile_of(during, 0.5));
        let verdict = match medians {
            Some((before, during)) if of_before.min(of_during) >= LEAST => {
                let Drift {
                    falls_at_most: fall,
                    rises_at_most: rise,
                    ..
                } = rule.drift;
                let fall = fall.map(|limit| verdict(before, during, limit, Movement::Fall));
                let rise = rise.map(|limit| verdict(before, during, limit, Movement::Rise));
                Verdict::worst(fall.iter().chain(&rise))
            }
            _ => Verdict::inconclusive(format!(
                "{of_before} readings before the fault and {of_during} during it are too few: {LEAST} of each are the least"
            )),
        };
        MovedReading {
            rule: name,
            allowed: rule.drift.to_string(),
            before: medians.map(|(before, _)| before),
            during: medians.map(|(_, during)| during),
            change: medians.map(|(before, during)| difference_of_values(during, before)),
            verdict,
        }
    }
}

#[derive(Clone, Copy)]
enum Movement {
    Fall,
    Rise,
}

/// Whether a reading moved further than its limit.
///
/// A limit that is a share moves with the reading before the fault, so it has a part in the bounds.
fn verdict(before: Estimate, during: Estimate, limit: Allowance, movement: Movement) -> Verdict {
    let furthest = |value: f64| match movement {
        Movement::Fall => value - limit.from(value),
        Movement::Rise => value + limit.from(value),
    };
    let [value, lower, upper] = [before.value, before.lower, before.upper].map(furthest);
    let furthest = Estimate::new(value, lower, upper);
    let beyond = match movement {
        Movement::Fall => difference_of_values(furthest, during),
        Movement::Rise => difference_of_values(during, furthest),
    };
    let undecided = "the readings vary too much to bound the change on one side of the limit";
    Verdict::of_at_most(0.0, &beyond, undecided)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::judge::judge;
    use crate::judge::tests::{CALM, is_inconclusive, opened};
    use crate::record::{Line, RecordEntry, RuleSample, RuleState};
    use crate::scenario::Profile;

    /// The verdict on bookings per minute that were read every second, with some noise.
    fn judged(
        drift: &serde_json::Value,
        readings: Range<u64>,
        reading: fn(u64) -> f64,
    ) -> MovedReading {
        let mut rule = json!({ "name": "bookings", "prometheus": "bookings" });
        rule.as_object_mut()
            .unwrap()
            .extend(drift.as_object().unwrap().clone());
        let mut opened = opened();
        opened.scenario.business_rules = serde_json::from_value(json!([rule])).unwrap();
        let mut lines = CALM.lines();
        for second in readings {
            let sample = RuleSample {
                rule: "bookings".to_owned(),
                found: RuleState::Holds,
                reading: Some(reading(second) + (second % 7) as f64 / 10.0),
            };
            let at = Duration::from_millis(second * 1000 + 500);
            lines.push(Line::new(at, RecordEntry::Rule(sample)));
        }
        let report = judge(&opened, &lines, &Profile::Default.limits());
        assert_eq!(
            report.verdict,
            Verdict::worst([&report.readings[0].verdict])
        );
        report.readings.into_iter().next().unwrap()
    }

    fn during(second: u64) -> bool {
        (20..50).contains(&second)
    }

    fn falls_by_12(second: u64) -> f64 {
        if during(second) { 88.0 } else { 100.0 }
    }

    #[test]
    fn a_fall_by_a_share_is_judged_by_that_share() {
        let allowed = |share: &str| judged(&json!({ "falls_at_most": share }), 0..70, falls_by_12);
        let moved = allowed("10%");
        assert_eq!(moved.verdict, Verdict::Violated, "{moved:?}");
        assert_eq!(moved.allowed, "falls by at most 10%");
        assert!(
            (moved.change.unwrap().value + 12.0).abs() < 0.5,
            "{moved:?}"
        );
        assert_eq!(allowed("15%").verdict, Verdict::Met);
        assert!(is_inconclusive(&allowed("12%").verdict, "vary too much"));
    }

    #[test]
    fn a_rise_is_judged_by_points_and_a_fall_is_no_rise() {
        let rises = |limit: f64, reading| {
            judged(&json!({ "rises_at_most": limit }), 0..70, reading).verdict
        };
        let by_3 = |second| if during(second) { 5.0 } else { 2.0 };
        assert_eq!(rises(2.0, by_3), Verdict::Violated);
        assert_eq!(rises(4.0, by_3), Verdict::Met);
        assert_eq!(rises(0.0, falls_by_12), Verdict::Met);
    }

    #[test]
    fn too_few_readings_decide_nothing() {
        let moved = judged(&json!({ "falls_at_most": "10%" }), 16..70, falls_by_12);
        assert!(is_inconclusive(
            &moved.verdict,
            "4 readings before the fault and 30 during it are too few"
        ));
        let moved = judged(&json!({ "falls_at_most": "10%" }), 20..70, falls_by_12);
        assert!(is_inconclusive(&moved.verdict, "0 readings before"));
    }
}
