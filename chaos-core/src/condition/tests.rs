use std::time::Duration;

use super::*;

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn conditions_read_as_sentences() {
    for (condition, sentence) in [
        (
            Condition::error_rate_above(percent(5.0)).at("orders"),
            "error rate above 5% at orders over 10s",
        ),
        (
            Condition::latency_above(percent(99.9), secs(1))
                .among(Judged::Untreated)
                .over(secs(60)),
            "p99.9 latency above 1s among untreated operations over 1m",
        ),
        (
            Condition::consecutive_failures(5).at("orders"),
            "5 consecutive failures at orders",
        ),
        (Condition::probe("db-up"), "probe db-up fails"),
    ] {
        assert_eq!(condition.to_string(), sentence);
    }
}

#[test]
fn unset_keys_have_defaults() {
    let condition = Condition::probe("db-up");
    assert_eq!(condition.window(), secs(10));
    assert_eq!(condition.least_samples(), 20);
    assert_eq!(condition.judged(), Judged::All);
    assert_eq!(condition.probe_interval(), secs(1));
    assert_eq!(condition.probe_deadline(), secs(1));
    assert_eq!(condition.site(), None);
}

#[test]
fn the_check_reports_the_key_of_the_problem() {
    let errors = || Condition::error_rate_above(percent(5.0));
    let probe = || Condition::probe("db-up");
    for (condition, key) in [
        (Condition::error_rate_above(Rate::ALWAYS), "error_rate"),
        (Condition::latency_above(Rate::NEVER, secs(1)), "latency"),
        (Condition::consecutive_failures(0), "consecutive_failures"),
        (Condition::probe(""), "probe"),
        (errors().at(""), "at"),
        (errors().over(secs(0)), "over"),
        (errors().min_samples(0), "min_samples"),
        (probe().every(secs(0)), "every"),
        (probe().deadline(secs(0)), "deadline"),
        (errors().every(secs(1)), "every"),
        (errors().deadline(secs(1)), "deadline"),
        (probe().at("orders"), "at"),
        (probe().over(secs(1)), "over"),
        (probe().min_samples(1), "min_samples"),
        (probe().among(Judged::All), "among"),
        (Condition::consecutive_failures(1).over(secs(1)), "over"),
    ] {
        assert_eq!(condition.check().unwrap_err().key(), key, "{condition}");
    }
    assert_eq!(
        errors().at("a").over(secs(1)).min_samples(1).check(),
        Ok(())
    );
    assert_eq!(probe().every(secs(1)).deadline(secs(1)).check(), Ok(()));
}

#[test]
fn every_form_round_trips_in_files() {
    for text in [
        r#"{"error_rate":"5%","at":"orders","min_samples":3,"among":"treated","over":"10s"}"#,
        r#"{"latency":{"p99":"1s"},"at":"orders"}"#,
        r#"{"consecutive_failures":5,"at":"orders"}"#,
        r#"{"probe":"db-up","every":"1s","deadline":"2s"}"#,
    ] {
        let condition: Condition = serde_json::from_str(text).unwrap();
        assert_eq!(condition.check(), Ok(()));
        assert_eq!(serde_json::to_string(&condition).unwrap(), text);
    }
}

#[test]
fn invalid_files_report_the_problem() {
    for (text, problem) in [
        (r#"{"at":"orders"}"#, "expected one of `error_rate`"),
        (r#"{"error_rate":"5%","probe":"x"}"#, "expected only one of"),
        (r#"{"error_rate":5}"#, "expected a percentage"),
        (r#"{"error_rates":"5%"}"#, "unknown key `error_rates`"),
        (r#"{"latency":{}}"#, "expected one quantile"),
        (
            r#"{"latency":{"p50":"1s","p99":"2s"}}"#,
            "expected only one quantile",
        ),
        (
            r#"{"latency":{"fixed":"1s"}}"#,
            "expected a quantile such as",
        ),
    ] {
        let refused = serde_json::from_str::<Condition>(text)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(problem), "{text}: {refused}");
    }
}
