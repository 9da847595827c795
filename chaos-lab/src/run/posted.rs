//! What a run posts to its target: the latest reading of each business rule, and the recoveries so far.

use std::collections::BTreeMap;

use chaos_core::{Reading, ReadingState, Readings, Recoveries};

use crate::record::{RecordEntry, RuleSample, RuleState};
use crate::scenario::{ProbePlan, Scenario, Tolerance};

/// What a run has to post.
pub(super) struct ToPost {
    latest: BTreeMap<String, Reading>,
    limits: BTreeMap<String, String>,
    recoveries: Recoveries,
}

impl ToPost {
    /// Nothing yet but the recoveries of earlier runs.
    pub(super) fn of(scenario: &Scenario, recoveries: Recoveries) -> Self {
        let rules = scenario.business_rules.iter();
        let limits = rules.filter_map(|rule| Some((rule.name(), limit(rule)?)));
        Self {
            latest: BTreeMap::new(),
            limits: limits.collect(),
            recoveries,
        }
    }

    /// Takes in the latest look at a rule.
    pub(super) fn measure(&mut self, entry: &RecordEntry) {
        let RecordEntry::Rule(sample) = entry else {
            return;
        };
        let RuleSample {
            rule,
            found,
            reading,
        } = sample;
        let state = match found {
            RuleState::Holds => ReadingState::Holds,
            RuleState::Broken(_) => ReadingState::Broken,
            RuleState::Unknown(_) => ReadingState::Unknown,
        };
        let mut latest = Reading::new(rule, state);
        latest.value = *reading;
        latest.limit = self.limits.get(rule).cloned();
        self.latest.insert(rule.clone(), latest);
    }

    /// Counts a recovery that was awaited.
    pub(super) fn end_recovery(&mut self, has_succeeded: bool) {
        self.recoveries.tried += 1;
        self.recoveries.succeeded += u64::from(has_succeeded);
    }

    /// What is to be posted, if there is anything.
    pub(super) fn readings(&self) -> Option<Readings> {
        let recoveries = Some(self.recoveries).filter(|recoveries| recoveries.tried > 0);
        if self.latest.is_empty() && recoveries.is_none() {
            return None;
        }
        let mut readings = Readings::of(self.latest.values().cloned().collect());
        readings.recoveries = recoveries;
        Some(readings)
    }
}

/// The limit of a rule in words: for single values, or for how far they may move.
fn limit(rule: &ProbePlan) -> Option<String> {
    if rule.only_moves() {
        return Some(rule.drift.to_string());
    }
    let is_limited = rule.tolerance != Tolerance::default();
    is_limited.then(|| rule.tolerance.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scenario() -> Scenario {
        serde_json::from_value(json!({
            "name": "a",
            "experiments": [],
            "business_rules": [
                { "name": "bookings", "prometheus": "bookings", "at_least": 10 },
                { "name": "revenue", "prometheus": "revenue", "falls_at_most": "10%" },
                { "name": "books", "http": "/books" },
            ],
        }))
        .unwrap()
    }

    fn look(rule: &str, found: RuleState, reading: Option<f64>) -> RecordEntry {
        RecordEntry::Rule(RuleSample {
            rule: rule.to_owned(),
            found,
            reading,
        })
    }

    #[test]
    fn the_latest_look_at_each_rule_is_posted_with_its_limit() {
        let mut posted = ToPost::of(&scenario(), Recoveries::default());
        assert_eq!(posted.readings(), None);
        posted.measure(&look("bookings", RuleState::Holds, Some(12.0)));
        let broken = RuleState::Broken("9 is not at least 10".to_owned());
        posted.measure(&look("bookings", broken, Some(9.0)));
        posted.measure(&look("revenue", RuleState::Holds, Some(100.0)));
        posted.measure(&look(
            "books",
            RuleState::Unknown("silent".to_owned()),
            None,
        ));
        let readings = serde_json::to_value(posted.readings().unwrap()).unwrap();
        let expected = json!({ "readings": [
            { "name": "bookings", "value": 9.0, "unit": null, "limit": "at least 10", "state": "broken" },
            { "name": "books", "value": null, "unit": null, "limit": null, "state": "unknown" },
            { "name": "revenue", "value": 100.0, "unit": null, "limit": "falls by at most 10%", "state": "holds" },
        ]});
        assert_eq!(readings, expected);
    }

    #[test]
    fn recoveries_add_to_those_of_earlier_runs() {
        let earlier = Recoveries {
            tried: 2,
            succeeded: 1,
        };
        let mut posted = ToPost::of(&scenario(), earlier);
        posted.end_recovery(true);
        posted.end_recovery(false);
        let recoveries = posted.readings().unwrap().recoveries.unwrap();
        assert_eq!((recoveries.tried, recoveries.succeeded), (4, 2));
    }
}
