//! Scenarios are bound to the sites that fit, and say why there is none.

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, Environment, FaultKind, Format, Phase, SiteKind};

use super::{consenting, names, planned, scenario, target, why_unfit};
use crate::catalogue::{Binding, Intensity, PlanError};
use crate::scenario::{Expectation, Planned, Profile, Suite};

#[test]
fn the_first_kind_that_fits_is_struck_at_each_of_its_sites() {
    let sites = target().sites();
    let failure = scenario(&consenting(), "external-failure", &sites);
    let expected = [
        "external-failure at client bank",
        "external-failure at client payments",
    ];
    assert_eq!(names(&failure), expected);
    let selectors = failure.experiments.iter().map(|experiment| {
        experiment
            .radius()
            .map(ToString::to_string)
            .unwrap_or_default()
    });
    assert!(selectors.collect::<Vec<_>>()[1].starts_with("calls to payments"));
    let mut only_points = sites;
    only_points.retain(|site| site.kind == SiteKind::Point);
    let failure = scenario(&consenting(), "external-failure", &only_points);
    assert_eq!(names(&failure), ["external-failure at point cache"]);
}

#[test]
fn a_site_that_cannot_apply_the_fault_is_passed_over() {
    let chaos = ChaosManager::new();
    drop(chaos.register(SiteKind::Stream, "redis", Support::NONE));
    drop(chaos.register(SiteKind::Client, "payments", Support::CALLS));
    let latency = scenario(&consenting(), "network-latency", &chaos.sites());
    assert_eq!(names(&latency), ["network-latency at client payments"]);
    assert_eq!(
        why_unfit(&consenting(), "packet-loss", &chaos.sites()),
        "needs a stream or client or server site that can apply loss in phase during; the target has client payments, \
         stream redis"
    );
}

#[test]
fn a_site_that_can_apply_the_fault_only_in_another_phase_is_passed_over() {
    let chaos = ChaosManager::new();
    let late = Support::NONE.with(FaultKind::Error, Phase::After);
    drop(chaos.register(SiteKind::Client, "payments", late));
    let why = why_unfit(&consenting(), "external-failure", &chaos.sites());
    assert!(
        why.starts_with("needs a client or point site that can apply error in phase before"),
        "{why}"
    );
}

#[test]
fn without_a_fitting_site_the_reason_names_those_that_there_are() {
    let chaos = ChaosManager::new();
    assert!(
        why_unfit(&consenting(), "deadlock", &chaos.sites()).ends_with("; the target has no site")
    );
    drop(chaos.register(SiteKind::Client, "a\u{1b}b", Support::CALLS));
    assert_eq!(
        why_unfit(&consenting(), "deadlock", &chaos.sites()),
        r"needs a database site that can apply error in phase before; the target has client a\u{1b}b"
    );
    assert_eq!(
        why_unfit(&consenting(), "cache-failure", &chaos.sites()),
        r"needs a client or point or stream site named like cache or memcached or redis or valkey that can apply error in phase before; the target has client a\u{1b}b"
    );
}

#[test]
fn a_protected_site_is_left_out() {
    let chaos = ChaosManager::builder().protect("bank").build();
    for service in ["bank", "payments"] {
        drop(chaos.register(SiteKind::Client, service, Support::CALLS));
    }
    let failure = scenario(&consenting(), "external-failure", &chaos.sites());
    assert_eq!(names(&failure), ["external-failure at client payments"]);
    let mut binding = consenting();
    binding.at = vec!["bank".to_owned()];
    let why = why_unfit(&binding, "external-failure", &chaos.sites());
    assert!(
        why.ends_with("what was named is client bank (protected)"),
        "{why}"
    );
}

#[test]
fn named_services_narrow_and_replace_the_names_that_caches_have() {
    let sites = target().sites();
    let mut binding = consenting();
    binding.at = vec!["payments".to_owned()];
    let failure = scenario(&binding, "cache-failure", &sites);
    assert_eq!(names(&failure), ["cache-failure at client payments"]);
    assert_eq!(failure.name, "cache-failure at payments");
    let why = why_unfit(&binding, "cpu", &sites);
    assert_eq!(why, "acts on the whole process, not on single services");
    binding.at = vec!["paymets".to_owned()];
    let entry = Suite::default().catalogue_entry("smoke");
    let error = binding.plan(&[entry], &sites).unwrap_err();
    assert!(matches!(error, PlanError::NoSuchSite { .. }));
    assert_eq!(
        error.to_string(),
        "the target has no site named \"paymets\"; it has client bank, point cache, server orders, database orders-db, \
         client payments, stream redis"
    );
}

#[test]
fn what_needs_a_consent_is_unfit_without_one_and_says_how_to_give_it() {
    let sites = target().sites();
    let mut binding = Binding {
        environment: Some(Environment::Staging),
        ..Binding::default()
    };
    let gives = "which needs a consent: `--consent 'NAME: REASON'` gives it";
    for (name, why) in [
        ("cpu", "acts on the whole process"),
        ("crash-and-restart", "ends the process"),
    ] {
        assert_eq!(why_unfit(&binding, name, &sites), format!("{why}, {gives}"));
    }
    assert_eq!(
        names(&scenario(&binding, "unavailable", &sites)),
        ["unavailable at server orders"]
    );
    binding.environment = None;
    let why = why_unfit(&binding, "unavailable", &sites);
    assert_eq!(
        why,
        format!(
            "would run in production, as no other environment is stated (`CHAOS_ENVIRONMENT` of the target, or `--env` for a relay), {gives}"
        )
    );
    binding.consent = consenting().consent;
    let experiment = &scenario(&binding, "crash-and-restart", &sites).experiments[0];
    let consents = experiment.consents();
    assert_eq!(consents.production, binding.consent);
    assert_eq!(consents.destruction, binding.consent);
    let pressure = &scenario(&binding, "cpu", &sites).experiments[0];
    assert_eq!(pressure.consents().everything, binding.consent);
}

#[test]
fn the_intensity_is_that_which_is_asked_for_then_that_of_the_suite_then_medium() {
    let sites = target().sites();
    let of = |binding: &Binding, name| planned(binding, name, &sites)[0].name().to_owned();
    let mut binding = consenting();
    assert_eq!(of(&binding, "network-latency"), "network-latency (medium)");
    assert_eq!(of(&binding, "smoke"), "network-latency (light)");
    assert_eq!(of(&binding, "fallback"), "fallback");
    binding.intensity = Some(Intensity::Heavy);
    assert_eq!(of(&binding, "smoke"), "network-latency (heavy)");
    // It has a lighter form, but none that is heavier.
    assert_eq!(of(&binding, "database-outage"), "database-outage (medium)");
}

const SUITE: &str = "\
version: 1
load: { per_second: 50, requests: [{ path: /orders }] }
steady_state: [{ http: /health }]
scenarios:
  - { catalogue: unavailable, intensity: heavy, at: [orders] }
  - { catalogue: failover, expect: surfaced, objectives: { error_rate: 7% } }
  - { catalogue: failover, stages: { inject: 9s } }
  - { catalogue: unavailable, intensity: heavy, at: [orders] }
  - name: own
    experiments:
      - { name: own, fault: { latency: 1s }, blast_radius: { calls_to: payments } }
";

#[test]
fn what_a_file_says_comes_before_the_catalogue_and_what_is_alike_is_planned_once() {
    let suite = Suite::parse(SUITE, Format::Yaml, "suite.yaml").unwrap();
    let planned = consenting()
        .plan(&suite.entries, &target().sites())
        .unwrap();
    let names: Vec<_> = planned.iter().map(Planned::name).collect();
    assert_eq!(
        names,
        ["unavailable at orders", "failover", "failover", "own"]
    );
    let [
        Planned::Run(unavailable),
        Planned::Run(failover),
        Planned::Run(longer),
        Planned::Run(own),
    ] = &planned[..]
    else {
        panic!("{planned:?}");
    };
    assert_eq!(longer.stages.inject.0.as_secs(), 9);
    for scenario in [unavailable, failover, longer, own] {
        assert_eq!(scenario.load.as_ref().unwrap().per_second, 50);
        assert_eq!(scenario.steady_state.len(), 1);
    }
    assert_eq!(unavailable.expect, Expectation::Surfaced);
    assert_eq!(
        unavailable.objectives.limits().error_rate.as_percent(),
        100.0
    );
    assert_eq!(failover.expect, Expectation::Surfaced);
    assert_eq!(failover.objectives.limits().error_rate.as_percent(), 7.0);
    assert_eq!(failover.stages.inject.0, Duration::from_secs(5));
    // The 5 s that a failover lasts stay, as do the limits that the file does not name itself.
    let settings =
        "stages: { inject: 8s, baseline: 3s }\nobjectives: { profile: staging, mttr: 9s }\nload:";
    let stages = SUITE.replace("load:", settings);
    let suite = Suite::parse(&stages, Format::Yaml, "suite.yaml").unwrap();
    let planned = consenting()
        .plan(&suite.entries, &target().sites())
        .unwrap();
    let [Planned::Run(unavailable), Planned::Run(failover), ..] = &planned[..] else {
        panic!("{planned:?}")
    };
    let stages = [unavailable.stages, failover.stages];
    assert_eq!(stages.map(|one| one.baseline.0.as_secs()), [3, 3]);
    assert_eq!(stages.map(|one| one.inject.0.as_secs()), [8, 5]);
    let limits = unavailable.objectives.limits();
    assert_eq!(unavailable.objectives.profile, Profile::Staging);
    assert_eq!(limits.error_rate.as_percent(), 100.0);
    assert_eq!(limits.mttr.0.as_secs(), 9);
    let own = SUITE.replace("intensity: heavy", "stages: { inject: 9s }");
    let suite = Suite::parse(&own, Format::Yaml, "suite.yaml").unwrap();
    let planned = consenting()
        .plan(&suite.entries, &target().sites())
        .unwrap();
    let Planned::Run(unavailable) = &planned[0] else {
        panic!("{planned:?}")
    };
    assert_eq!(unavailable.stages.inject.0.as_secs(), 9);
}

#[test]
fn a_suite_of_the_catalogue_has_its_profile() {
    let plan = planned(&consenting(), "production-readiness", &target().sites());
    for planned in &plan {
        let Planned::Run(scenario) = planned else {
            panic!("{planned:?}")
        };
        assert_eq!(scenario.objectives.profile, Profile::Production);
    }
}

#[test]
fn entries_that_make_no_sense_are_refused_with_their_place() {
    let expected = [
        (
            SUITE.replace("catalogue: unavailable", "catalogue: unavailible"),
            "suite.yaml:5:18: scenarios[0].catalogue: the catalogue has nothing named \"unavailible\" (did you mean \"unavailable\"?); it has",
        ),
        (
            SUITE.replace(
                "catalogue: unavailable,",
                "catalogue: unavailable, why: because,",
            ),
            "suite.yaml:5:36: scenarios[0].why: does not go with `catalogue`",
        ),
        (
            SUITE.replace(
                "name: own\n    exp",
                "name: own\n    at: [payments]\n    exp",
            ),
            "suite.yaml:10:9: scenarios[4].at: only goes with `catalogue`",
        ),
        (
            SUITE.replace("name: own\n    exp", "why: because\n    exp"),
            "suite.yaml:9:5: scenarios[4]: expected a `name`, or a name of the catalogue under `catalogue`, found none",
        ),
        (
            SUITE.replace("intensity: heavy", "intensity: havy"),
            "suite.yaml:5:42: scenarios[0].intensity: unknown value `havy`: did you mean `heavy`?",
        ),
        (
            SUITE.replace("inject: 9s", "inject: 0s"),
            "suite.yaml:7:5: scenarios[2]: expected a stage `inject`, and at most a day for all stages",
        ),
    ];
    for (text, expected) in expected {
        let error = Suite::parse(&text, Format::Yaml, "suite.yaml")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
