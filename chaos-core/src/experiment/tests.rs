use std::time::Duration;

use super::*;
use crate::{Crash, Failure, Latency, Pressure, Rate};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn complete() -> Experiment {
    Experiment::new("slow payments")
        .fault(Fault::latency(secs(2)))
        .blast_radius(BlastRadius::calls_to("payments"))
}

/// An experiment with every part set.
fn full() -> Experiment {
    complete()
        .reason("does checkout keep its promise?")
        .owner("payments team")
        .label("ticket", "42")
        .fault(Fault::error(Failure::status(503).unwrap()))
        .fault(Fault::panic())
        .phase(Phase::After)
        .pattern(Pattern::every(3).unwrap())
        .time_limit(secs(60))
        .until(std::time::UNIX_EPOCH + Duration::from_secs(1_893_456_000))
        .abort_when(Condition::error_rate_above(Rate::percent(5.0).unwrap()).at("orders"))
        .abort_when(Condition::probe("db-up"))
        .dry_run()
        .consent_to_production(Consent::by("anna").unwrap().because("game day"))
        .consent_to_destruction(Consent::by("ben").unwrap())
        .allow_collateral()
        .risk_at_least(Risk::High)
}

#[test]
fn a_full_experiment_round_trips() {
    let text = serde_json::to_string(&full()).unwrap();
    assert_eq!(serde_json::from_str::<Experiment>(&text).unwrap(), full());
}

#[test]
fn defaults_are_not_written() {
    assert_eq!(
        serde_json::to_string(&complete()).unwrap(),
        concat!(
            r#"{"name":"slow payments","fault":{"latency":"2s"},"#,
            r#""blast_radius":{"calls_to":"payments"}}"#
        )
    );
}

#[test]
fn files_and_builders_give_equal_experiments() {
    let text = r#"{
        "name": "slow payments",
        "why": "does checkout keep its promise when the bank is slow?",
        "fault": { "latency": { "p50": "20ms", "p99": "1s" } },
        "blast_radius": { "calls_to": "payments", "operation": "POST /charge/*" },
        "phase": "after",
        "time_limit": "60s",
        "abort_when": [{ "error_rate": "5%", "at": "orders", "over": "10s" }]
    }"#;
    let tail = [(0.5, Duration::from_millis(20)), (0.99, secs(1))];
    let built = Experiment::new("slow payments")
        .reason("does checkout keep its promise when the bank is slow?")
        .fault(Fault::latency(Latency::quantiles(tail).unwrap()))
        .blast_radius(BlastRadius::calls_to("payments").operation("POST /charge/*"))
        .phase(Phase::After)
        .time_limit(secs(60))
        .abort_when(
            Condition::error_rate_above(Rate::percent(5.0).unwrap())
                .at("orders")
                .over(secs(10)),
        );
    assert_eq!(serde_json::from_str::<Experiment>(text).unwrap(), built);
}

#[test]
fn a_file_holds_one_fault_or_a_list() {
    let read = |fault| {
        let text = format!(r#"{{"name":"x","blast_radius":{{"calls_to":"a"}},{fault}}}"#);
        serde_json::from_str::<Experiment>(&text).map(|experiment| experiment.faults)
    };
    assert_eq!(read(r#""fault":"panic""#).unwrap(), [Fault::panic()]);
    assert_eq!(
        read(r#""fault":{"disconnect":"reset"}"#).unwrap(),
        [Fault::reset()]
    );
    assert_eq!(
        read(r#""faults":["panic",{"disconnect":"reset"}]"#).unwrap(),
        [Fault::panic(), Fault::reset()]
    );
    let both = read(r#""fault":"panic","faults":["panic"]"#).unwrap_err();
    assert!(both.to_string().contains("duplicate field"), "{both}");
    let none = read(r#""phase":"after""#).unwrap_err();
    assert!(none.to_string().contains("missing field `fault`"), "{none}");
}

#[test]
fn unknown_keys_are_refused() {
    let text = r#"{"name":"x","fault":"panic","blast_radius":{"calls_to":"a"},"limit":"1s"}"#;
    let refused = serde_json::from_str::<Experiment>(text).unwrap_err();
    assert!(
        refused.to_string().contains("unknown field `limit`"),
        "{refused}"
    );
}

#[test]
fn the_check_reports_experiment_key_and_problem() {
    let bare = Experiment::new("x");
    let faulty = || Experiment::new("x").fault(Fault::panic());
    let probe = || Condition::probe("db-up");
    for (experiment, key) in [
        (
            Experiment {
                name: " ".to_owned(),
                ..full()
            },
            "name",
        ),
        (bare, "fault"),
        (faulty(), "blast_radius"),
        (
            faulty().blast_radius(BlastRadius::calls_to("a").operation("")),
            "blast_radius.operation",
        ),
        (complete().pattern(Pattern::first(0)), "pattern"),
        (complete().time_limit(secs(0)), "time_limit"),
        (
            complete()
                .abort_when(probe())
                .abort_when(probe().over(secs(1))),
            "abort_when[1].over",
        ),
        (complete().label("", "x"), "labels"),
    ] {
        let refused = experiment.check().unwrap_err();
        assert_eq!(refused.key(), key);
        assert_eq!(refused.experiment(), experiment.name());
    }
    assert_eq!(full().check(), Ok(()));
    let refused = complete().time_limit(secs(0)).check().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "experiment \"slow payments\": time_limit: expected a time longer than zero"
    );
}

#[test]
fn the_time_limit_defaults_to_five_minutes() {
    assert_eq!(complete().runs_for(), secs(300));
}

#[test]
fn each_consent_is_listed_by_what_it_permits() {
    let by = |who| Consent::by(who).unwrap();
    assert_eq!(complete().consents(), Consents::default());
    let all = complete()
        .blast_radius(BlastRadius::everything(by("anna")))
        .consent_to_production(by("ben"))
        .consent_to_destruction(by("cleo"));
    let given = Consents {
        everything: Some(by("anna")),
        production: Some(by("ben")),
        destruction: Some(by("cleo")),
    };
    assert_eq!(all.consents(), given);
}

#[test]
fn the_consent_of_a_pressure_counts_for_that_pressure_alone() {
    let by = |who| Consent::by(who).unwrap();
    let fill = || Pressure::disk_fill(1);
    let filling = |pressure| complete().fault(Fault::exhaust(pressure));
    let agreed = || filling(fill().consent(by("dora")));
    for (experiment, lacks, who) in [
        (complete(), false, None),
        (filling(fill()), true, None),
        (
            filling(fill()).consent_to_destruction(by("cleo")),
            false,
            Some("cleo"),
        ),
        (agreed(), false, Some("dora")),
        (agreed().fault(Fault::exhaust(fill())), true, Some("dora")),
        (
            agreed().fault(Fault::crash(Crash::Abort)),
            true,
            Some("dora"),
        ),
        (
            agreed().consent_to_destruction(by("cleo")),
            false,
            Some("cleo"),
        ),
        (filling(fill()).consent_to_production(by("ben")), true, None),
    ] {
        assert_eq!(
            experiment.lacks_consent_to_destruction(),
            lacks,
            "{experiment:?}"
        );
        let given = experiment.consents().destruction;
        assert_eq!(given.as_ref().map(Consent::who), who, "{experiment:?}");
    }
}
