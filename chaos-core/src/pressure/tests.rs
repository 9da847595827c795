use std::time::Duration;

use super::*;
use crate::error::ExperimentProblem;
use crate::{BlastRadius, ChaosManager, Consent, Error, Experiment, Fault, Rate};

const SECOND: Duration = Duration::from_secs(1);

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

/// Returns each kind of pressure with its JSON form.
fn every_kind() -> Vec<(Pressure, &'static str)> {
    vec![
        (
            Pressure::cpu(2, percent(50.0))
                .ramp(SECOND)
                .hold(2 * SECOND),
            r#"{"cpu":{"workers":2,"duty":"50%"},"ramp":"1s","hold":"2s"}"#,
        ),
        (
            Pressure::memory(5).reserve(percent(20.0)),
            r#"{"memory":{"bytes":5},"reserve":"20%"}"#,
        ),
        (
            Pressure::memory_share(percent(80.0)),
            r#"{"memory":{"share":"80%"}}"#,
        ),
        (
            Pressure::leak(5, 10),
            r#"{"leak":{"bytes_per_second":5,"at_most":10}}"#,
        ),
        (
            Pressure::disk_io(1, 5000).directory("/data"),
            r#"{"disk_io":{"workers":1,"bytes_per_second":5000},"directory":"/data"}"#,
        ),
        (
            Pressure::disk_fill(5).consent(Consent::by("agreed").unwrap()),
            r#"{"disk_fill":{"bytes":5},"consent":{"who":"agreed"}}"#,
        ),
        (
            Pressure::disk_fill_leaving(0),
            r#"{"disk_fill":{"leave":0}}"#,
        ),
        (
            Pressure::descriptors(percent(90.0)),
            r#"{"descriptors":"90%"}"#,
        ),
        (Pressure::threads(5), r#"{"threads":5}"#),
        (
            Pressure::runtime_workers(2, SECOND),
            r#"{"runtime_workers":{"workers":2,"blocked_for":"1s"}}"#,
        ),
        (
            Pressure::blocking_pool(512).reserve(percent(20.0)),
            r#"{"blocking_pool":512,"reserve":"20%"}"#,
        ),
        (Pressure::clock_ahead(SECOND), r#"{"clock":{"ahead":"1s"}}"#),
        (
            Pressure::clock_behind(SECOND),
            r#"{"clock":{"behind":"1s"}}"#,
        ),
    ]
}

#[test]
fn every_pressure_round_trips() {
    for (pressure, text) in every_kind() {
        assert_eq!(serde_json::to_string(&pressure).unwrap(), text);
        assert_eq!(serde_json::from_str::<Pressure>(text).unwrap(), pressure);
        assert!(text.contains(&format!("\"{}\"", pressure.kind())), "{text}");
        let kind = serde_json::to_value(pressure.kind()).unwrap();
        assert_eq!(kind, pressure.kind().name());
    }
}

#[test]
fn invalid_pressures_are_refused_when_read() {
    for (text, expected) in [
        (r#"{"cpu":{"workers":0,"duty":"50%"}}"#, "at least 1 worker"),
        (
            r#"{"cpu":{"workers":1,"duty":"9%"}}"#,
            "a duty between 10% and 100%, found 9%",
        ),
        (
            r#"{"disk_io":{"workers":0,"bytes_per_second":1}}"#,
            "at least 1 worker",
        ),
        (
            r#"{"runtime_workers":{"workers":0,"blocked_for":"1s"}}"#,
            "at least 1 worker",
        ),
        (r#"{"memory":{"bytes":0}}"#, "at least 1 byte"),
        (r#"{"memory":{"share":"0%"}}"#, "a share above 0%"),
        (
            r#"{"leak":{"bytes_per_second":0,"at_most":1}}"#,
            "at least 1 byte per second",
        ),
        (
            r#"{"leak":{"bytes_per_second":1,"at_most":9},"ramp":"1s"}"#,
            "no `ramp`",
        ),
        (
            r#"{"disk_io":{"workers":1,"bytes_per_second":4095}}"#,
            "at least 4096 bytes a second for each worker, found 4095",
        ),
        (r#"{"descriptors":"0%"}"#, "a share above 0%"),
        (r#"{"threads":0}"#, "at least 1 thread"),
        (
            r#"{"runtime_workers":{"workers":1,"blocked_for":"0s"}}"#,
            "longer than zero",
        ),
        (r#"{"clock":{"ahead":"0s"}}"#, "longer than zero"),
        (r#"{"threads":1,"hold":"0s"}"#, "longer than zero"),
        (r#"{"threads":1,"directory":"/"}"#, "not for threads"),
        (
            r#"{"descriptors":"100%","reserve":"10%"}"#,
            "a reserve is for memory, leak, disk_io, disk_fill, threads and blocking_pool, not for descriptors",
        ),
        (
            r#"{"cpu":{"workers":1,"duty":"50%"},"reserve":"10%"}"#,
            "not for cpu",
        ),
        (
            r#"{"runtime_workers":{"workers":1,"blocked_for":"1s"},"reserve":"10%"}"#,
            "not for runtime_workers",
        ),
        (
            r#"{"clock":{"ahead":"1s"},"reserve":"10%"}"#,
            "not for clock",
        ),
        (
            r#"{"threads":1,"cpu":{"workers":1,"duty":"50%"}}"#,
            "`threads` is set already: a pressure takes one resource",
        ),
        (r#"{"ramp":"1s"}"#, "expected one of `cpu`, `memory`"),
        (r#"{"threads":1,"ramps":"1s"}"#, "unknown key `ramps`"),
        (
            r#"{"disk_fill":{"bytes":1},"consent":"agreed"}"#,
            "expected a consent such as { who: anna, why: game day }",
        ),
        (
            r#"{"threads":1,"consent":{"who":"agreed"}}"#,
            "a consent is for disk_fill, not for threads",
        ),
    ] {
        let refused = serde_json::from_str::<Pressure>(text)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}

#[test]
fn an_experiment_checks_its_pressures() {
    let experiment = Experiment::new("x")
        .fault(Fault::exhaust(Pressure::threads(0)))
        .blast_radius(BlastRadius::everything(Consent::by("agreed").unwrap()));
    let refused = experiment.check().unwrap_err();
    assert_eq!(refused.key(), "faults[0].exhaust");
    assert!(matches!(refused.problem(), ExperimentProblem::Pressure(_)));
}

#[cfg(not(target_os = "linux"))]
#[test]
fn other_systems_report_host_pressures_as_unsupported() {
    for (pressure, _) in every_kind() {
        let kind = pressure.kind();
        if matches!(
            kind,
            PressureKind::RuntimeWorkers | PressureKind::BlockingPool | PressureKind::Clock
        ) {
            continue;
        }
        let pressure = if pressure.is_destructive() {
            pressure.consent(Consent::by("agreed").unwrap())
        } else {
            pressure
        };
        let refused = pressure.start().unwrap_err();
        assert!(matches!(refused, PressureError::Unsupported { .. }));
        assert_eq!(
            refused.to_string(),
            format!("{kind} pressure is not supported: it needs Linux")
        );
    }
}

#[test]
fn a_narrowed_blast_radius_is_refused_with_the_narrowing_key() {
    let chaos = ChaosManager::new();
    let everything = || BlastRadius::everything(Consent::by("agreed").unwrap());
    let ahead = || Fault::exhaust(Pressure::clock_ahead(SECOND));
    for (radius, narrowed_by) in [
        (everything().operation("GET *"), "operation"),
        (everything().attribute("a", "b"), "attributes"),
        (everything().tagged("canary"), "tagged"),
        (everything().rate(percent(10.0)), "rate"),
        (everything().at_most(1), "at_most"),
        (everything().concurrent(1), "concurrent"),
    ] {
        let refused = chaos.inject(radius, ahead()).unwrap_err();
        assert!(
            matches!(&refused, Error::Narrowed { key, .. } if *key == narrowed_by),
            "{refused}"
        );
    }
    let refused = chaos
        .inject(BlastRadius::points_at("a"), ahead())
        .unwrap_err();
    assert!(matches!(refused, Error::Collateral { .. }), "{refused}");
    drop(chaos.inject(everything(), ahead()).unwrap());
}
