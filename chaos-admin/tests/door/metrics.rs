//! The metrics as Prometheus scrapes them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chaos_core::adapter::Outcome;
use chaos_core::metric::ALL;
use chaos_core::{BlastRadius, Consent, Experiment, Fault, Pressure};

use crate::{Door, SLOW};

/// The samples of a scrape, by name and labels.
fn scraped(door: &Door) -> BTreeMap<String, String> {
    let scrape = door.tcp().get("/metrics").expect(200);
    let lines = scrape.body.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| line.rsplit_once(' ').unwrap());
    let samples = samples.map(|(series, value)| (series.to_owned(), value.to_owned()));
    samples.collect()
}

/// The names of the labels of a series.
fn labels(series: &str) -> Vec<&str> {
    let labels = series.split_once('{').map_or("", |(_, labels)| labels);
    let pairs = labels.split('"').step_by(2);
    let names = pairs.filter_map(|pair| pair.trim_start_matches(',').strip_suffix('='));
    names.collect()
}

/// Counts the outcome of an operation at the service `payments`.
fn observe(door: &Door, outcome: Outcome) {
    let observed = door.chaos.site("payments").observe();
    observed.expect("outcomes are watched").finish(outcome);
}

const READINGS: &str = r#"{
    "readings": [{ "name": "bookings", "value": 12.5, "unit": "a minute", "limit": "at least 10", "state": "broken" }],
    "recoveries": { "tried": 4, "succeeded": 3 }
}"#;

#[test]
fn every_metric_of_the_table_is_served_with_its_labels() {
    let door = Door::open();
    let skewed = Experiment::new("skewed")
        .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
            60,
        ))))
        .blast_radius(BlastRadius::everything(Consent::by("a test").unwrap()));
    let _clock = door.chaos.start(skewed).unwrap();
    door.unix().post("/readings", READINGS).expect(204);
    let stopped = SLOW.replace("slow", "stopped");
    door.unix().post("/experiments", &stopped).expect(201);
    let stop = door.unix().send("DELETE", "/experiments/stopped", &[], "");
    stop.expect(204);
    door.unix().post("/experiments", SLOW).expect(201);
    // The rate is known once an operation was covered, and the scores once one was counted.
    drop(door.chaos.site("payments").decide(&"charge".into()));
    scraped(&door);
    observe(&door, Outcome::Success);
    let samples = scraped(&door);
    let served = ALL.iter().filter(|metric| metric.served.is_some());
    for metric in served.clone() {
        let of_metric = samples
            .keys()
            .filter(|series| series.split('{').next() == Some(metric.name));
        let found: BTreeSet<_> = of_metric.map(|series| labels(series)).collect();
        let expected = BTreeSet::from([metric.served.unwrap().to_vec()]);
        assert_eq!(found, expected, "{}", metric.name);
    }
    let scrape = door.tcp().get("/metrics").expect(200);
    let described = scrape
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    let described: BTreeSet<_> = described.map(str::to_owned).collect();
    let expected = served.map(|metric| format!("{} {}", metric.name, metric.kind.name()));
    assert_eq!(described, expected.collect());
}

#[test]
fn an_experiment_is_active_until_it_ends_and_shows_what_it_reached() {
    let door = Door::open();
    let half = r#"{"name": "half", "fault": {"error": "unavailable"}, "blast_radius": {"points_at": "payments", "at_most": 1}}"#;
    door.unix().post("/experiments", half).expect(201);
    let active = r#"chaos_experiment_active{experiment="half",environment="test"}"#;
    assert_eq!(scraped(&door)[active], "1");
    let payments = door.chaos.site("payments");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        assert!(payments.point("charge").await.is_err());
        assert!(payments.point("charge").await.is_ok());
    });
    let samples = scraped(&door);
    let of_half = |metric: &str| samples[&format!("{metric}{{experiment=\"half\"}}")].as_str();
    assert_eq!(of_half("chaos_experiment_covered"), "2");
    assert_eq!(of_half("chaos_experiment_injected"), "1");
    assert_eq!(of_half("chaos_experiment_rate_asked"), "1");
    assert_eq!(of_half("chaos_experiment_rate_achieved"), "0.5");
    let left: f64 = of_half("chaos_experiment_time_left_seconds")
        .parse()
        .unwrap();
    assert!(left > 0.0 && left <= 300.0, "{left}");
    assert_eq!(samples[r#"chaos_injected_total{fault="error"}"#], "1");
    assert_eq!(samples[r#"chaos_injected_total{fault="latency"}"#], "0");
    assert_eq!(
        samples[r#"chaos_safety_violation_total{kind="total_cap"}"#],
        "1"
    );
    assert_eq!(
        samples[r#"chaos_safety_violation_total{kind="lease"}"#],
        "0"
    );
    let stop = door.unix().send("DELETE", "/experiments/half", &[], "");
    stop.expect(204);
    let samples = scraped(&door);
    assert_eq!(samples[active], "0");
    assert!(!samples.contains_key(r#"chaos_experiment_covered{experiment="half"}"#));
}

#[test]
fn outcomes_are_counted_from_the_first_scrape_of_a_running_experiment_on() {
    let door = Door::open();
    scraped(&door);
    let payments = door.chaos.site("payments");
    assert!(payments.observe().is_none(), "nothing runs");
    door.unix().post("/experiments", SLOW).expect(201);
    let score = "chaos_experiment_system_health_score";
    assert!(!scraped(&door).contains_key(score));
    observe(&door, Outcome::Success);
    observe(&door, Outcome::Failure);
    let samples = scraped(&door);
    assert_eq!(samples[score], "50");
    assert_eq!(samples["chaos_experiment_customer_impact_score"], "0");
    let mut treated = payments.observe().unwrap();
    treated.treated();
    treated.finish(Outcome::Failure);
    let impact = &scraped(&door)["chaos_experiment_customer_impact_score"];
    assert!(impact.starts_with("16.6"), "half of a third: {impact}");
    door.unix().post("/halt", "").expect(200);
    assert!(scraped(&door).contains_key(score), "after the end, too");
}

#[test]
fn readings_are_metrics() {
    let door = Door::open();
    door.unix().post("/readings", READINGS).expect(204);
    let samples = scraped(&door);
    assert_eq!(
        samples[r#"chaos_reading{reading="bookings",unit="a minute"}"#],
        "12.5"
    );
    assert_eq!(samples[r#"chaos_reading_broken{reading="bookings"}"#], "1");
    assert_eq!(samples["chaos_experiment_recovery_success_rate"], "0.75");
    let unknown = r#"{"readings": [{"name": "bookings", "state": "unknown"}], "recoveries": {"tried": 0, "succeeded": 0}}"#;
    door.unix().post("/readings", unknown).expect(204);
    let known = scraped(&door)
        .into_keys()
        .filter(|series| series.starts_with("chaos_reading") || series.contains("recovery"));
    assert_eq!(known.count(), 0, "nothing is known now");
}
