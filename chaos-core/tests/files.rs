//! The experiments of a file start all or none, and need more consent than those from code.

use chaos_core::error::ConsentNeeded;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Environment, Error, Experiment, ExperimentFile, Failure,
    Fault, Format, Pressure,
};

fn file(yaml: &str) -> ExperimentFile {
    ExperimentFile::parse(yaml, Format::Yaml, "chaos.yaml").unwrap()
}

fn names(chaos: &ChaosManager) -> Vec<String> {
    chaos
        .status()
        .into_iter()
        .map(|status| status.name)
        .collect()
}

fn in_a_test() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Test)
        .build()
}

const TWO: &str = "
version: 1
experiments:
  - { name: a, fault: { error: deadlock }, blast_radius: { points_at: pms } }
  - { name: b, fault: { error: deadlock }, blast_radius: { points_at: payments } }
";

#[tokio::test]
async fn all_experiments_of_a_file_are_started() {
    let chaos = in_a_test();
    let guards = chaos.start_file(file(TWO)).unwrap();
    assert_eq!(guards.len(), 2);
    for service in ["pms", "payments"] {
        let fault = chaos.site(service).point("reserve").await.unwrap_err();
        assert_eq!(fault.failure(), &Failure::Deadlock);
    }
    drop(guards);
    assert!(chaos.site("pms").point("reserve").await.is_ok());
}

#[tokio::test]
async fn an_invalid_file_starts_nothing_and_stops_nothing() {
    let chaos = in_a_test();
    let pms = chaos.site("pms");
    let running = chaos
        .inject(
            BlastRadius::points_at("pms"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    let before = names(&chaos);

    // The first experiment is valid, the second one needs a probe that does not exist.
    let text = TWO.replace(
        "payments } }",
        "payments }, abort_when: [{ probe: nobody }] }",
    );
    assert!(matches!(
        chaos.start_file(file(&text)).unwrap_err(),
        Error::NoSuchProbe { experiment, .. } if experiment == "b"
    ));
    assert_eq!(names(&chaos), before);
    assert_eq!(
        pms.point("reserve").await.unwrap_err().failure(),
        &Failure::Refused
    );
    assert_eq!(running.injected(), 1);
    assert!(chaos.site("payments").point("charge").await.is_ok());
}

#[test]
fn a_file_error_converts_into_the_error_of_managers() {
    let read =
        || -> Result<ExperimentFile, Error> { Ok(ExperimentFile::read("no/such/file.toml")?) };
    let error = read().unwrap_err();
    assert!(matches!(&error, Error::File(file) if file.file() == Some("no/such/file.toml")));
}

#[test]
fn files_count_an_unstated_environment_as_production() {
    let chaos = ChaosManager::new();
    assert!(matches!(
        chaos.start_file(file(TWO)).unwrap_err(),
        Error::NeedsConsent {
            because: ConsentNeeded::UnstatedEnvironment,
            ..
        }
    ));
    assert_eq!(names(&chaos), Vec::<String>::new());

    // The same from code needs no consent, and in a file consent is enough.
    let from_code = file(TWO).into_experiments().remove(0);
    drop(chaos.start(from_code).unwrap());
    let agreed = TWO.replace("fault:", "consent: { production: { who: anna } }, fault:");
    assert_eq!(chaos.start_file(file(&agreed)).unwrap().len(), 2);
}

#[test]
fn a_crash_from_a_file_needs_an_absolute_end() {
    let chaos = in_a_test();
    let crash = "
version: 1
experiments:
  - name: crash
    fault: { crash: abort }
    blast_radius: { points_at: nobody }
    allow_collateral: true
    consent: { destruction: { who: anna, why: nobody is there } }
";
    assert!(matches!(
        chaos.start_file(file(crash)).unwrap_err(),
        Error::CrashLoop { experiment } if experiment == "crash"
    ));
    let ends = format!("{crash}    until: 2199-01-01T00:00:00Z\n");
    assert_eq!(chaos.start_file(file(&ends)).unwrap().len(), 1);
    let ended = format!("{crash}    until: 2020-01-01T00:00:00Z\n");
    assert!(matches!(
        chaos.start_file(file(&ended)).unwrap_err(),
        Error::Over { .. }
    ));
}

#[test]
fn the_documented_details_of_every_fault_can_be_read() {
    for fault in [
        "{ latency: 20ms }",
        "{ latency: { p50: 20ms, p99: 1s } }",
        "{ latency: { uniform: [10ms, 50ms], at_most: 5s } }",
        "{ latency: { normal: { mean: 20ms, std_dev: 5ms } } }",
        "{ latency: { exponential: { mean: 20ms }, ramp: 30s } }",
        "{ latency: { pareto: { scale: 20ms, shape: 1.5 } } }",
        "{ error: unavailable }",
        "{ error: { status: 503 } }",
        "{ error: { grpc: 14 } }",
        "{ error: { sql_state: \"40P01\" } }",
        "{ timeout: 30s }",
        "{ rate_limit: { per_second: 10, burst: 5 } }",
        "{ rate_limit: { per_minute: 10 } }",
        "{ circuit_break: { after: 5, open_for: 30s, half_open: 2 } }",
        "{ disconnect: reset }",
        "{ disconnect: stall }",
        "{ disconnect: { cut_after: 100 } }",
        "{ bandwidth: { bytes_per_second: 64KiB } }",
        "{ corrupt: { bytes: 1% } }",
        "{ slice: { bytes: 10 } }",
        "{ loss: { packets: 1% } }",
        "{ server_sleep: { p50: 20ms, p99: 1s } }",
        "{ hold_connections: 3 }",
        "hold_lock",
        "{ disconnect: half_close }",
        "{ disconnect: { reset_after: 100 } }",
        "panic",
        "{ crash: abort }",
        "{ crash: { exit: 1 } }",
        "{ exhaust: { cpu: { workers: 2, duty: 50% } } }",
        "{ exhaust: { memory: { bytes: 64MiB } } }",
        "{ exhaust: { memory: { share: 80% } } }",
        "{ exhaust: { leak: { bytes_per_second: 1MiB, at_most: 500MiB } } }",
        "{ exhaust: { disk_io: { workers: 2, bytes_per_second: 10MB } } }",
        "{ exhaust: { disk_fill: { bytes: 1.5GiB } } }",
        "{ exhaust: { disk_fill: { leave: 1GiB } } }",
        "{ exhaust: { descriptors: 100% } }",
        "{ exhaust: { blocking_pool: 512 } }",
        "{ exhaust: { runtime_workers: { workers: 2, blocked_for: 100ms } } }",
        "{ exhaust: { clock: { ahead: 5m } } }",
    ] {
        let text = format!(
            "version: 1\nexperiments: [{{ name: a, fault: {fault}, blast_radius: {{ points_at: pms }} }}]"
        );
        let read = ExperimentFile::parse(&text, Format::Yaml, "chaos.yaml");
        assert!(read.is_ok(), "{fault}: {}", read.unwrap_err());
    }
}

#[test]
fn a_consent_needs_the_name_of_a_person_as_text() {
    for who in ["false", "no", "true", "7", "\"off\"", "\"\"", "~"] {
        for experiment in [
            format!(
                "{{ name: a, fault: panic, blast_radius: {{ points_at: pms }}, consent: {{ production: {{ who: {who} }} }} }}"
            ),
            format!(
                "{{ name: a, fault: panic, blast_radius: {{ everything: {{ who: {who} }} }} }}"
            ),
        ] {
            let yaml = format!("version: 1\nexperiments: [{experiment}]");
            let refused = ExperimentFile::parse(&yaml, Format::Yaml, "chaos.yaml");
            let key = refused.unwrap_err().key().unwrap_or_default().to_owned();
            assert!(key.ends_with(".who"), "{experiment}: {key}");
        }
    }
    for who in ["false", "7"] {
        let toml = format!(
            "version = 1\n[[experiments]]\nname = \"a\"\nfault = \"panic\"\n\
             blast_radius = {{ points_at = \"pms\" }}\nconsent.production.who = {who}"
        );
        assert!(ExperimentFile::parse(&toml, Format::Toml, "chaos.toml").is_err());
    }
}

#[test]
fn a_consent_without_its_purpose_is_refused_with_position_and_form() {
    let read = |consent: &str, everything: &str| {
        let yaml = format!(
            "version: 1\nexperiments:\n  - name: a\n    fault: panic\n    blast_radius: {{ everything: {everything} }}\n    \
             consent: {consent}\n"
        );
        ExperimentFile::parse(&yaml, Format::Yaml, "chaos.yaml")
            .unwrap_err()
            .to_string()
    };
    let (agreed, all) = ("{ production: { who: anna } }", "{ who: anna }");
    for (consent, everything, message) in [
        (
            "game day",
            all,
            "chaos.yaml:6:14: experiments[0].consent: expected what is consented to, and by whom, such as \
             { production: { who: anna, why: game day } }, found string \"game day\"",
        ),
        (
            "{ everything: { who: anna } }",
            all,
            "chaos.yaml:6:16: experiments[0].consent.everything: unknown key `everything` here: it belongs to the \
             blast radius, such as { everything: { who: anna } }",
        ),
        (
            "{ production: { why: game day } }",
            all,
            "chaos.yaml:6:28: experiments[0].consent.production: expected the key `who`, the person or team that \
             consents, as a text",
        ),
        (
            agreed,
            "game day",
            "chaos.yaml:5:33: experiments[0].blast_radius.everything: expected a consent such as \
             { who: anna, why: game day }, found string \"game day\"",
        ),
    ] {
        assert_eq!(read(consent, everything), message);
    }
}

#[test]
fn a_file_states_each_consent_in_every_format() {
    let yaml = "
version: 1
experiments:
  - name: a
    fault: { crash: abort }
    blast_radius: { everything: { who: anna, why: game day } }
    consent: { production: { who: ben }, destruction: { who: cleo, why: game day } }
    until: 2199-01-01T00:00:00Z
";
    let toml = "
version = 1
[[experiments]]
name = \"a\"
fault.crash = \"abort\"
blast_radius.everything = { who = \"anna\", why = \"game day\" }
consent.production.who = \"ben\"
consent.destruction = { who = \"cleo\", why = \"game day\" }
until = 2199-01-01T00:00:00Z
";
    let by = |who| Consent::by(who).unwrap();
    let read = file(yaml);
    let consents = read.experiments()[0].consents();
    assert_eq!(consents.everything, Some(by("anna").because("game day")));
    assert_eq!(consents.production, Some(by("ben")));
    assert_eq!(consents.destruction, Some(by("cleo").because("game day")));
    assert_eq!(
        read,
        ExperimentFile::parse(toml, Format::Toml, "chaos.toml").unwrap()
    );
    // Unstated, so it counts as production.
    assert_eq!(ChaosManager::new().start_file(read).unwrap().len(), 1);
}

#[test]
fn a_size_is_a_number_or_a_text_in_every_format() {
    let read = |size: &str, format| {
        let text = match format {
            Format::Toml => format!(
                "version = 1\n[[experiments]]\nname = \"a\"\nblast_radius = {{ everything.who = \"a test\" }}\n\
                 fault = {{ exhaust = {{ memory = {{ bytes = {size} }} }} }}"
            ),
            _ => format!(
                "{{\"version\": 1, \"experiments\": [{{\"name\": \"a\", \"blast_radius\": {{\"everything\": {{\"who\": \"a test\"}}}}, \
                 \"fault\": {{\"exhaust\": {{\"memory\": {{\"bytes\": {size}}}}}}}}}]}}"
            ),
        };
        ExperimentFile::parse(&text, format, "chaos")
    };
    let memory = |bytes| vec![Fault::exhaust(Pressure::memory(bytes))];
    for format in [Format::Yaml, Format::Toml, Format::Json] {
        for (size, bytes) in [
            ("4096", 4096),
            ("\"64MiB\"", 64 << 20),
            ("\"10 MB\"", 10_000_000),
        ] {
            let file = read(size, format).unwrap();
            assert_eq!(file.experiments()[0].faults(), memory(bytes), "{format}");
        }
        for size in ["\"64 megs\"", "-1", "\"99999999TiB\"", "true", "1.5"] {
            let message = read(size, format).unwrap_err().to_string();
            let expected = "memory.bytes: expected a size such as 64MiB, found ";
            assert!(message.contains(expected), "{message}");
        }
    }
}

#[test]
fn yaml_needs_no_quotes_where_text_is_expected() {
    let read = file(
        "
version: 1
experiments:
  - name: 0x10
    why: ~not null
    owner: .nan
    labels: { 1: true, 2.50: 1e3 }
    fault: { error: { sql_state: 40001 } }
    blast_radius: { calls_to: 5, operation: 007, tagged: canary }
    abort_when:
",
    );
    let experiment = Experiment::new("0x10")
        .reason("~not null")
        .owner(".nan")
        .label("1", "true")
        .label("2.50", "1e3")
        .fault(Fault::error(Failure::sql_state("40001").unwrap()))
        .blast_radius(BlastRadius::calls_to("5").operation("007").tagged("canary"));
    assert_eq!(read.experiments(), [experiment]);
}

#[test]
fn a_toml_date_needs_no_quotes() {
    let read = |until: &str| {
        let text = format!(
            "version = 1\n[[experiments]]\nname = \"a\"\nfault = \"panic\"\n\
             blast_radius = {{ points_at = \"pms\" }}\nuntil = {until}"
        );
        ExperimentFile::parse(&text, Format::Toml, "chaos.toml").unwrap()
    };
    let date = "2040-01-01T00:00:00Z";
    assert_eq!(read(date), read(&format!("\"{date}\"")));
}
