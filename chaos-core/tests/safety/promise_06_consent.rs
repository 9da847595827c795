//! 6. Experiments that cover everything or destroy something need consent; in production, all do.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use chaos_core::error::ConsentNeeded;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Crash, Environment, Error, Event, Experiment, Fault,
    JournalEntry, JournalSink, JsonLines,
};

use crate::experiments::{PMS, failing, striking};
use crate::process;
use crate::promise_09_whole_or_not_at_all::file_of;

fn consent() -> Consent {
    Consent::because("game day, the team is watching")
}

fn crash() -> Experiment {
    striking("crash", Fault::crash(Crash::Exit(7)))
}

#[track_caller]
fn assert_needs_consent<T: std::fmt::Debug>(refused: &Result<T, Error>, why: ConsentNeeded) {
    assert!(
        matches!(refused, Err(Error::NeedsConsent { because, .. }) if *because == why),
        "{refused:?}"
    );
}

#[test]
fn the_radius_of_everything_needs_consent_with_a_reason() {
    let chaos = ChaosManager::new();
    for reason in ["", "  "] {
        let radius = BlastRadius::everything(Consent::because(reason));
        let refused = chaos.start(failing("all").blast_radius(radius));
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    let radius = BlastRadius::everything(consent());
    assert!(chaos.start(failing("all").blast_radius(radius)).is_ok());
}

#[test]
fn an_empty_reason_is_no_consent() {
    let chaos = ChaosManager::new();
    let refused = chaos.start(crash().allow_collateral().consent(Consent::because(" ")));
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[test]
fn a_crash_needs_consent() {
    let chaos = ChaosManager::new();
    for crash in [crash(), crash().allow_collateral(), crash().dry_run()] {
        assert_needs_consent(&chaos.start(crash), ConsentNeeded::Destructive);
    }
}

#[test]
fn a_crash_in_a_narrow_radius_is_refused_unless_collateral_is_allowed() {
    let chaos = ChaosManager::new();
    let refused = chaos.start(crash().consent(consent()));
    assert!(
        matches!(refused, Err(Error::Collateral { .. })),
        "{refused:?}"
    );
    let allowed = chaos.start(crash().consent(consent()).allow_collateral());
    assert!(allowed.is_ok(), "{allowed:?}");
    drop(allowed);
    let everywhere = crash().blast_radius(BlastRadius::everything(consent()));
    assert!(chaos.start(everywhere).is_ok());
}

#[test]
fn in_production_every_experiment_needs_consent() {
    let production = ChaosManager::builder()
        .environment(Environment::Production)
        .build();
    let mild = [failing("mild"), failing("mild").dry_run()];
    for experiment in mild {
        let refused = production.start(experiment.clone());
        assert_needs_consent(&refused, ConsentNeeded::Production);
        assert!(production.start(experiment.consent(consent())).is_ok());
    }
    for environment in [
        Environment::Development,
        Environment::Test,
        Environment::Staging,
    ] {
        let chaos = ChaosManager::builder().environment(environment).build();
        assert!(chaos.start(failing("mild")).is_ok(), "{environment}");
    }
}

#[test]
fn an_unset_environment_is_production_for_files() {
    let unset = ChaosManager::new();
    let refused = unset.start_file(file_of(&[failing("mild")]));
    assert_needs_consent(&refused, ConsentNeeded::UnstatedEnvironment);
    let agreed = failing("mild").consent(consent());
    assert!(unset.start_file(file_of(&[agreed])).is_ok());
    let staging = ChaosManager::builder()
        .environment(Environment::Staging)
        .build();
    let started = staging.start_file(file_of(&[failing("mild")]));
    assert!(started.is_ok(), "{started:?}");
}

#[test]
fn a_crash_from_a_file_needs_an_absolute_end() {
    let chaos = ChaosManager::new();
    let agreed = crash().consent(consent()).allow_collateral();
    let refused = chaos.start_file(file_of(std::slice::from_ref(&agreed)));
    assert!(
        matches!(refused, Err(Error::CrashLoop { .. })),
        "{refused:?}"
    );
    let end = SystemTime::now() + Duration::from_secs(60);
    let started = chaos.start_file(file_of(&[agreed.until(end)]));
    assert!(started.is_ok(), "{started:?}");
}

#[test]
fn an_unset_environment_is_production_for_from_env() {
    for (variables, role) in [
        (vec![], "unset"),
        (vec![("CHAOS_ENVIRONMENT", "staging")], "staging"),
    ] {
        let child = process::run(
            "promise_06_consent::the_child_that_reads_its_environment",
            role,
            &variables,
        );
        assert!(child.status.success(), "{child:?}");
    }
}

#[test]
fn the_child_that_reads_its_environment() {
    let Some(role) = process::role() else {
        return;
    };
    let chaos = ChaosManager::from_env().unwrap();
    let started = chaos.start(failing("mild"));
    match role.as_str() {
        "unset" => assert_needs_consent(&started, ConsentNeeded::UnstatedEnvironment),
        _ => assert!(started.is_ok(), "{started:?}"),
    }
}

const CHILD: &str = "promise_06_consent::the_child_that_crashes";

#[test]
fn a_crash_by_exit_returns_its_code_and_keeps_the_journal() {
    let (child, entries) = crashed("exit");
    assert_eq!(child.code(), Some(7));
    assert_ends_with_the_crash(&entries);
}

#[test]
fn a_crash_by_abort_keeps_the_journal() {
    let (child, entries) = crashed("abort");
    assert_eq!(child.signal(), Some(6), "{child:?}");
    assert_ends_with_the_crash(&entries);
}

/// The exit status of a crashing child, and its journal.
fn crashed(how: &str) -> (std::process::ExitStatus, Vec<JournalEntry>) {
    let journal = process::free_path(how);
    let child = process::run(
        CHILD,
        how,
        &[("CHAOS_TEST_JOURNAL", journal.to_str().unwrap())],
    );
    let entries = fs::read_to_string(&journal)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let synced = journal.with_extension("synced");
    assert!(synced.exists(), "the journal was synced before the crash");
    let _ = fs::remove_file(journal);
    let _ = fs::remove_file(synced);
    (child.status, entries)
}

#[track_caller]
fn assert_ends_with_the_crash(entries: &[JournalEntry]) {
    let last = &entries.last().unwrap().event;
    assert!(
        matches!(last, Event::Injected(injected) if injected.failure.as_deref() == Some("crash")),
        "{last:?}"
    );
}

#[test]
fn the_child_that_crashes() {
    let Some(role) = process::role() else {
        return;
    };
    let crash = match role.as_str() {
        "exit" => Crash::Exit(7),
        _ => Crash::Abort,
    };
    let path = PathBuf::from(std::env::var("CHAOS_TEST_JOURNAL").unwrap());
    let chaos = ChaosManager::builder()
        .journal_to(JsonLines::append(&path).unwrap())
        .journal_to(FlushMarker(path.with_extension("synced")))
        .build();
    let experiment = striking("crash", Fault::crash(crash))
        .consent(consent())
        .allow_collateral();
    let _guard = chaos.start(experiment).unwrap();
    let survived = chaos.site(PMS).point_blocking("reserve");
    unreachable!("{survived:?}");
}

/// Creates a file when it is flushed.
struct FlushMarker(PathBuf);

impl JournalSink for FlushMarker {
    fn record(&self, _: &JournalEntry) {}

    fn flush(&self) {
        fs::write(&self.0, "").unwrap();
    }
}
