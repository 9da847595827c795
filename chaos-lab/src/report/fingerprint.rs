//! What is the same in all runs that can be compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::record::Opened;

/// What is the same in all runs that can be compared: a hash of the scenario and of the target's environment.
///
/// Limits, and the questions that scenario and experiments answer, are not in it. Nor are bodies and headers of requests, which
/// no record has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub(crate) fn of(opened: &Opened) -> Self {
        let mut scenario = json!(opened.scenario);
        let experiments = scenario["experiments"].as_array_mut();
        for experiment in experiments.into_iter().flatten() {
            experiment["why"] = Value::Null;
        }
        for key in ["why", "objectives"] {
            scenario[key] = Value::Null;
        }
        let mut plan = json!([scenario, opened.target.environment]);
        // Another crate may have switched on that entries keep their order.
        plan.sort_all_objects();
        let hash = &Sha256::digest(plan.to_string())[..8];
        Self(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use chaos_core::ChaosManager;

    use super::*;

    fn of(change: impl FnOnce(&mut Value)) -> Fingerprint {
        let mut opened = json!({
            "version": 1,
            "scenario": {
                "name": "slow payments",
                "why": "why?",
                "experiments": [{
                    "name": "slow", "why": "why?", "fault": { "latency": "1s" }, "blast_radius": { "calls_to": "payments" }
                }],
            },
            "target": ChaosManager::new().overview(),
        });
        change(&mut opened);
        Fingerprint::of(&serde_json::from_value(opened).unwrap())
    }

    #[test]
    fn only_what_makes_runs_incomparable_changes_it() {
        let same = of(|_| {});
        assert_eq!(same.0.len(), 16);
        let unchanged: [fn(&mut Value); 3] = [
            |opened| opened["scenario"]["why"] = "another?".into(),
            |opened| opened["scenario"]["objectives"] = json!({ "error_rate": "1%" }),
            |opened| opened["scenario"]["experiments"][0]["why"] = "another?".into(),
        ];
        for change in unchanged {
            assert_eq!(of(change), same);
        }
        let changed: [fn(&mut Value); 4] = [
            |opened| opened["scenario"]["experiments"][0]["fault"] = json!({ "latency": "2s" }),
            |opened| opened["scenario"]["stages"] = json!({ "inject": "7s" }),
            |opened| {
                opened["scenario"]["load"] =
                    json!({ "per_second": 7, "requests": [{ "path": "/" }] });
            },
            |opened| opened["target"]["environment"] = "production".into(),
        ];
        for change in changed {
            assert_ne!(of(change), same);
        }
    }
}
