//! What the catalogue promises is in it.

use std::collections::HashSet;

use chaos_core::Environment;

use super::{ALL, catalogue, consenting, scenario, target};
use crate::catalogue::Intensity;
use crate::control::{Control, LocalControl};
use crate::scenario::Stages;

/// Each promised scenario with its figures, at each intensity that differs.
const PROMISED: &str = r#"
cpu light 30s {"exhaust":{"cpu":{"duty":"25%","workers":2}}}
cpu medium 45s {"exhaust":{"cpu":{"duty":"25%","workers":4}}}
cpu heavy 1m {"exhaust":{"cpu":{"duty":"25%","workers":8}}}
memory light 30s {"exhaust":{"memory":{"bytes":"256MB"}}}
memory medium 30s {"exhaust":{"memory":{"bytes":"512MB"}}}
memory heavy 30s {"exhaust":{"memory":{"bytes":"1024MB"}}}
disk-io light 30s {"exhaust":{"disk_io":{"bytes_per_second":"10MB","workers":1}}}
disk-io medium 30s {"exhaust":{"disk_io":{"bytes_per_second":"10MB","workers":2}}}
disk-io heavy 30s {"exhaust":{"disk_io":{"bytes_per_second":"10MB","workers":4}}}
memory-leak medium 1m {"exhaust":{"memory":{"share":"15%"},"ramp":"40s"}}
memory-stalls medium 30s {"latency":"500ms"} {"rate":"20%"}
cpu-stalls medium 30s {"latency":"1500ms"} {"rate":"25%"}
disk-stalls medium 30s {"latency":"2500ms"} {"operation":"* *","rate":"10%"}
exhaustion-errors medium 30s {"error":"overloaded"} {"rate":"40%"}
network-latency light 30s {"latency":"50ms"}
network-latency medium 30s {"latency":"200ms"}
network-latency heavy 30s {"latency":"500ms"}
packet-loss light 30s {"loss":{"packets":"5%"}}
packet-loss medium 30s {"loss":{"packets":"15%"}}
packet-loss heavy 30s {"loss":{"packets":"30%"}}
network-jitter medium 30s {"latency":{"at_most":"4s","normal":{"mean":"2s","std_dev":"500ms"}}}
network-timeout medium 30s {"timeout":"10s"} {"rate":"20%"}
connection-failure medium 30s {"disconnect":"reset"} {"rate":"20%"}
latency-spike medium 30s {"latency":{"uniform":["4s","10s"]}} {"rate":"10%"}
intermittent-network medium 30s {"disconnect":"reset"} {"burst":{"hit":2,"pass":6}}
random-failure medium 30s {"error":"unavailable"} {"rate":"15%"}
circuit-breaker-trip medium 30s {"error":"unavailable"} {"rate":"50%"}
rate-limit medium 30s {"rate_limit":{"count":10,"period":"60s"}}
cascading-failure medium 30s {"error":"unavailable"} {"rate":"30%"}
slow-response medium 30s {"latency":"5s"} {"rate":"20%"}
unavailable medium 30s {"error":"unavailable"}
cache-failure medium 30s {"error":"unavailable"}
database-connection-failure medium 30s {"error":"refused"} {"operation":"acquire","rate":"10%"}
slow-query medium 30s {"latency":"3s"} {"operation":"* *","rate":"5%"}
query-timeout medium 30s {"timeout":"15s"} {"operation":"* *","rate":"3%"}
pool-exhaustion medium 30s {"error":"too_many_connections"} {"operation":"acquire","rate":"30%"}
deadlock medium 30s {"error":"deadlock"} {"transaction_rate":"5%"}
database-outage light 10s {"error":"unavailable"}
database-outage medium 30s {"error":"unavailable"}
failover medium 5s {"error":"closed"} {"operation":"* *"}
external-failure medium 30s {"error":"unavailable"} {"rate":"20%"}
external-slow medium 30s {"latency":"8s"} {"rate":"25%"}
external-rate-limit medium 30s {"rate_limit":{"count":5,"period":"60s"}}
external-timeout medium 30s {"timeout":"20s"} {"rate":"25%"}
external-unavailable medium 30s {"error":"unavailable"}
external-intermittent medium 30s {"error":"unavailable"} {"burst":{"hit":5,"pass":15}}
crash-and-restart medium 20s {"crash":{"exit":1}} {"at_most":1}
service-recovery medium 20s {"error":"unavailable"}
mttr medium 15s {"error":"unavailable"}
degradation medium 30s {"latency":{"fixed":"2s","ramp":"20s"}}
breaker medium 30s {"timeout":"5s"}
retry medium 30s {"error":"unavailable"} {"rate":"20%"} {"first":1,"per":"request"}
fallback medium 30s {"error":"unavailable"}
"#;

#[test]
fn each_promised_scenario_has_its_figures() {
    let mut promised = HashSet::new();
    for line in PROMISED.trim().lines() {
        let mut words = line.splitn(4, ' ');
        let [name, intensity, lasts, injected] = [(); 4].map(|()| words.next().unwrap());
        promised.insert(name);
        let intensity: Intensity = serde_json::from_value(intensity.into()).unwrap();
        let found = catalogue().find(name).unwrap().scenarios[0];
        let mut data = found.injected_at(intensity);
        for beside in ["phase", "allow_collateral"] {
            data.remove(beside);
        }
        let ordered = ["fault", "blast_radius", "pattern"];
        let texts = ordered.iter().filter_map(|key| data.remove(*key));
        let texts: Vec<_> = texts.map(|value| value.to_string()).collect();
        assert_eq!(texts.join(" "), injected, "{line}");
        assert!(data.is_empty(), "{line}: {data:?}");
        let stages = found.stages_at(intensity, Stages::default());
        assert_eq!(stages.inject.to_string(), lasts, "{line}");
    }
    let unknown = catalogue().scenarios.iter();
    let unknown = unknown.filter(|scenario| !promised.contains(scenario.name.as_str()));
    assert_eq!(unknown.count(), 0);
}

#[test]
fn a_crash_is_tested_for_a_minute_and_recovers_within_ten_seconds() {
    let crash = catalogue().find("crash-and-restart").unwrap().scenarios[0];
    assert_eq!(
        crash
            .stages_at(Intensity::Medium, Stages::default())
            .total()
            .as_secs(),
        60
    );
    assert_eq!(crash.objectives.limits().recovery.to_string(), "10s");
}

#[test]
fn the_written_risk_is_that_of_each_experiment_at_each_intensity() {
    let sites = target().sites();
    for entry in &catalogue().scenarios {
        for intensity in ALL {
            let mut binding = consenting();
            binding.intensity = Some(intensity);
            for experiment in scenario(&binding, &entry.name, &sites).experiments {
                let risk = experiment.risk(Environment::Staging);
                assert_eq!(risk, entry.risk, "{} {intensity}", entry.name);
            }
        }
    }
}

/// Of the kinds of sites that a scenario strikes, a target has one; each is fit by itself, and the target would start it.
#[tokio::test]
async fn each_scenario_fits_each_kind_of_site_that_it_names_and_a_target_accepts_it() {
    let chaos = target();
    let control = LocalControl::new(&chaos);
    for entry in &catalogue().scenarios {
        let kinds = &entry.at;
        let all = [control.sites().await.unwrap()];
        let by_kind = kinds.iter().map(|kind| {
            let mut sites = all[0].clone();
            sites.retain(|site| site.kind == *kind);
            // A cache is told by its name.
            sites.iter_mut().for_each(|site| site.service += "-cache");
            sites
        });
        for sites in all.iter().cloned().chain(by_kind) {
            for intensity in ALL {
                let mut binding = consenting();
                binding.intensity = Some(intensity);
                let scenario = scenario(&binding, &entry.name, &sites);
                for experiment in &scenario.experiments {
                    experiment.check().unwrap();
                }
                let lease = std::time::Duration::from_secs(1);
                let checked = control.check(&scenario.experiments, lease).await;
                if let Err(error) = checked {
                    // The machine of the test may have no room for a pressure, which is looked at last.
                    let is_short_of_room = error.to_string().contains(" pressure");
                    assert!(
                        kinds.is_empty() && is_short_of_room,
                        "{}: {error}",
                        entry.name
                    );
                }
            }
        }
    }
}

#[test]
fn suites_name_scenarios_and_names_are_unique() {
    let mut names = HashSet::new();
    let scenarios = catalogue().scenarios.iter();
    let suites = || catalogue().suites.iter().chain(&catalogue().categories);
    let aliases = suites().flat_map(|suite| suite.aliases.iter().chain([&suite.name]));
    for name in scenarios.map(|one| &one.name).chain(aliases) {
        assert!(names.insert(name), "{name}");
        assert!(catalogue().find(name).is_ok(), "{name}");
    }
    for suite in suites().filter(|suite| suite.name != "all") {
        let found = catalogue().find(&suite.name).unwrap();
        let found: HashSet<_> = found.scenarios.iter().map(|one| &one.name).collect();
        assert_eq!(found, suite.scenarios.iter().collect());
    }
    let all = catalogue().find("all").unwrap().scenarios;
    assert_eq!(all.len(), catalogue().scenarios.len());
    // What ends the process comes after all that needs it.
    assert_eq!(all.last().unwrap().name, "crash-and-restart");
}

#[test]
fn each_promised_suite_is_there() {
    let promised = "smoke standard stress smoke_test standard_test stress_test infrastructure production-readiness \
        resilience resources network service database external process all";
    for name in promised.split_whitespace() {
        assert!(catalogue().find(name).is_ok(), "{name}");
    }
}

#[test]
fn names_are_found_as_people_write_them_and_unknown_ones_get_the_known() {
    for name in ["slow-query", "slow_query", "Slow-Query"] {
        assert_eq!(
            catalogue().find(name).unwrap().scenarios[0].name,
            "slow-query"
        );
    }
    let error = catalogue().find("smok\u{1b}").unwrap_err().to_string();
    let expected = r#"the catalogue has nothing named "smok\u{1b}" (did you mean "smoke"?); it has the suites smoke, standard,"#;
    assert!(error.starts_with(expected), "{error}");
}
