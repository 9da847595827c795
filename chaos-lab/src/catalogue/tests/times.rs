//! Times are scaled, and what must not be shorter is not.

use std::time::Duration;

use chaos_core::{Experiment, Format};
use serde_json::json;

use super::{ALL, catalogue, consenting, planned, scenario, target};
use crate::catalogue::{Binding, InvalidScale, PlanError, Scale};
use crate::scenario::{Planned, Suite};

fn scale(text: &str) -> Scale {
    text.parse().unwrap()
}

/// A consenting binding at a scale.
fn scaled(text: &str) -> Binding {
    Binding {
        scale: Some(scale(text)),
        ..consenting()
    }
}

#[test]
fn each_time_in_faults_and_conditions_is_scaled_and_nothing_else() {
    let mut data = json!([
        { "latency": "200ms" },
        { "latency": { "uniform": ["4s", "10s"], "ramp": "1m", "at_most": "1m30s" } },
        { "timeout": "10s" },
        { "rate_limit": { "per_minute": 10, "burst": 2 } },
        { "rate_limit": { "per_second": 50 } },
        { "rate_limit": { "count": 5, "period": "60s" } },
        { "circuit_break": { "after": 5, "open_for": "30s" } },
        { "loss": { "packets": "15%", "resent_after": "200ms" } },
        { "bandwidth": { "bytes_per_second": "64KiB" } },
        { "exhaust": { "cpu": { "workers": 2, "duty": "25%" }, "ramp": "20s", "hold": "3s" } },
        { "exhaust": { "memory": { "bytes": "64MB" } } },
        { "error": { "sql_state": "40P01" } },
        { "error_rate": "5%", "at": "orders", "over": "10s" },
        "panic",
    ]);
    scale("0.1").times_in(&mut data);
    let expected = json!([
        { "latency": "20ms" },
        { "latency": { "uniform": ["400ms", "1s"], "ramp": "6s", "at_most": "9s" } },
        { "timeout": "1s" },
        { "rate_limit": { "count": 10, "period": "6s", "burst": 2 } },
        { "rate_limit": { "count": 50, "period": "100ms" } },
        { "rate_limit": { "count": 5, "period": "6s" } },
        { "circuit_break": { "after": 5, "open_for": "3s" } },
        { "loss": { "packets": "15%", "resent_after": "20ms" } },
        { "bandwidth": { "bytes_per_second": "64KiB" } },
        { "exhaust": { "cpu": { "workers": 2, "duty": "25%" }, "ramp": "2s", "hold": "300ms" } },
        { "exhaust": { "memory": { "bytes": "64MB" } } },
        { "error": { "sql_state": "40P01" } },
        { "error_rate": "5%", "at": "orders", "over": "1s" },
        "panic",
    ]);
    assert_eq!(data, expected);
}

#[test]
fn stages_are_scaled_but_not_below_what_measures_something() {
    let sites = target().sites();
    let mut binding = scaled("0.1");
    let outage = scenario(&binding, "database-outage", &sites);
    let times = |scenario: &crate::scenario::Scenario| {
        let stages = scenario.stages;
        let all = [
            stages.baseline,
            stages.inject,
            stages.recover,
            stages.cooldown,
        ];
        all.map(|time| time.0.as_millis())
    };
    assert_eq!(outage.name, "database-outage (medium) at scale 0.1");
    assert_eq!(times(&outage), [2_000, 3_000, 6_000, 1_000]);
    assert_eq!(times(&scenario(&binding, "failover", &sites))[1], 1_000);
    binding.inject = Some(Duration::from_secs(7));
    assert_eq!(times(&scenario(&binding, "failover", &sites))[1], 7_000);
    binding = scaled("2");
    assert_eq!(
        times(&scenario(&binding, "failover", &sites)),
        [40_000, 10_000, 60_000, 10_000]
    );
}

#[test]
fn time_limits_are_scaled_but_last_as_long_as_their_stage() {
    let sites = target().sites();
    let limit = |binding: &Binding| {
        let failover = scenario(binding, "failover", &sites);
        failover.experiments[0].runs_for().as_secs()
    };
    let mut binding = scaled("0.1");
    assert_eq!(limit(&binding), 30);
    binding.inject = Some(Duration::from_secs(400));
    assert_eq!(limit(&binding), 400);
}

const SHORT: &str = "\
version: 1
scenarios:
  - name: short
    stages: { inject: 4s }
    experiments:
      - { name: short, fault: { latency: 1s }, time_limit: 5s, blast_radius: { calls_to: payments } }
";

#[test]
fn a_time_limit_that_is_written_is_kept() {
    let suite = Suite::parse(SHORT, Format::Yaml, "suite.yaml").unwrap();
    let binding = scaled("0.1");
    let planned = binding.plan(&suite.entries, &[]).unwrap();
    assert_eq!(planned[0].name(), "short at scale 0.1");
    // A tenth of the limit would be shorter than the shortest stage.
    assert_eq!(
        planned[0].scenario().unwrap().experiments[0].runs_for(),
        Duration::from_secs(1)
    );
    let binding = Binding {
        inject: Some(Duration::from_secs(6)),
        ..consenting()
    };
    let error = binding.plan(&suite.entries, &[]).unwrap_err();
    assert!(matches!(error, PlanError::TimeLimit(..)));
    assert_eq!(
        error.to_string(),
        "the time limit of `short`, 5s, is shorter than a stage of 6s"
    );
}

#[test]
fn each_scenario_is_valid_at_each_scale_and_as_a_dry_run() {
    let sites = target().sites();
    for scale in ["0.01", "0.1", "1", "100"] {
        for intensity in ALL {
            let mut binding = scaled(scale);
            binding.intensity = Some(intensity);
            binding.is_dry_run = true;
            let all = planned(&binding, "all", &sites);
            assert_eq!(all.len(), catalogue().scenarios.len());
            for experiment in all
                .iter()
                .filter_map(Planned::scenario)
                .flat_map(|one| &one.experiments)
            {
                experiment.check().unwrap();
                assert!(experiment.is_dry_run());
            }
        }
    }
}

#[test]
fn without_a_scale_nothing_changes() {
    let sites = target().sites();
    let tuned = scenario(&consenting(), "packet-loss", &sites).experiments;
    let written = tuned.iter().map(|one| serde_json::to_value(one).unwrap());
    for (written, tuned) in written.zip(&tuned) {
        assert_eq!(
            written["fault"],
            json!({ "loss": { "packets": "15%", "resent_after": "200ms" } })
        );
        assert_eq!(tuned.runs_for(), Experiment::new("any").runs_for());
    }
}

#[test]
fn a_factor_that_makes_no_sense_is_refused() {
    for text in ["0", "-1", "NaN", "inf", "1000", "0.001", "ten", ""] {
        assert_eq!(text.parse::<Scale>(), Err(InvalidScale), "{text}");
    }
    // A fraction of nothing is nothing, and of little is a millisecond.
    let mut times = json!(["0s", "200us", "20ms", "5s"]);
    scale("0.01").times_in(&mut times);
    assert_eq!(times, json!(["0s", "200us", "1ms", "50ms"]));
}
