//! The hash of an experiment.

use std::collections::HashSet;
use std::time::Duration;

use chaos_approval::ExperimentHash;
use chaos_core::{
    BlastRadius, Consent, Experiment, ExperimentFile, Fault, Format, Phase, Rate, Risk,
};

const YAML: &str = "
version: 1
experiments:
  - { name: slow, labels: { b: x, a: y }, time_limit: 60s, fault: { latency: { p99: 1s, p50: 20ms } },
      blast_radius: { rate: 12.5%, calls_to: payments } }
";
const TOML: &str = r#"
version = 1
[[experiments]]
blast_radius = { calls_to = "payments", rate = "12.50%" }
fault.latency = { p50 = "20ms", p99 = "1000ms" }
time_limit = "1m"
labels = { a = "y", b = "x" }
name = "slow"
"#;
const JSON: &str = r#"{ "version": 1, "experiments": [{ "name": "slow", "time_limit": "1m", "labels": { "a": "y", "b": "x" },
    "faults": [{ "latency": { "p50": "20ms", "p99": "1s" } }], "phase": "before",
    "blast_radius": { "calls_to": "payments", "rate": "12.5%" } }] }"#;

fn read(text: &str, format: Format) -> Experiment {
    let file = ExperimentFile::parse(text, format, "file").unwrap();
    file.into_experiments().remove(0)
}

#[test]
fn it_is_the_same_from_every_format_and_in_every_order() {
    let [yaml, toml, json] = [
        (YAML, Format::Yaml),
        (TOML, Format::Toml),
        (JSON, Format::Json),
    ]
    .map(|(text, format)| ExperimentHash::of(&read(text, format)));
    assert_eq!(yaml, toml);
    assert_eq!(yaml, json);
    let written = ExperimentFile::new(vec![read(YAML, Format::Yaml)])
        .render(Format::Toml)
        .unwrap();
    assert_eq!(yaml, ExperimentHash::of(&read(&written, Format::Toml)));
}

#[test]
fn it_stays_the_same_in_later_versions() {
    let hash = "sha256:88d3c5637ee668cfb28a242a245f35a809c981552bd888cedb28239e97fc750c";
    assert_eq!(
        ExperimentHash::of(&read(YAML, Format::Yaml)).to_string(),
        hash
    );
    assert_eq!(
        hash.parse(),
        Ok(ExperimentHash::of(&read(YAML, Format::Yaml)))
    );
}

#[test]
fn every_value_changes_it() {
    let slow = || {
        Experiment::new("slow")
            .fault(Fault::latency(Duration::from_secs(1)))
            .blast_radius(payments())
    };
    fn payments() -> BlastRadius {
        BlastRadius::calls_to("payments")
    }
    let anna = Consent::by("anna").unwrap();
    let all = [
        slow(),
        slow().fault(Fault::panic()),
        slow().blast_radius(BlastRadius::requests_to("payments")),
        slow().blast_radius(payments().rate(Rate::percent(99.0).unwrap())),
        slow().blast_radius(payments().at_most(1)),
        slow().phase(Phase::After),
        slow().time_limit(Duration::from_secs(301)),
        slow().risk_at_least(Risk::Low),
        slow().dry_run(),
        slow().allow_collateral(),
        slow().reason("why"),
        slow().label("why", ""),
        slow().consent_to_production(anna.clone()),
        slow().consent_to_destruction(anna),
    ];
    let hashes: HashSet<_> = all.iter().map(ExperimentHash::of).collect();
    assert_eq!(hashes.len(), all.len());
}

#[test]
fn other_texts_are_no_hash() {
    let hash = ExperimentHash::of(&read(YAML, Format::Yaml)).to_string();
    for text in [
        "",
        "sha256:",
        &hash[7..],
        &hash[..70],
        &hash.to_uppercase(),
        &format!("{hash}0"),
    ] {
        assert!(text.parse::<ExperimentHash>().is_err(), "{text}");
    }
}
