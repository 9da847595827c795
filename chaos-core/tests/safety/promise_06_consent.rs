//! 6. What covers everything, destroys something or runs in production needs consent, each its own.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use chaos_core::error::ConsentNeeded;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Crash, Environment, Error, Event, Experiment, Fault,
    JournalEntry, JournalSink, JsonLines, Pressure,
};

use crate::experiments::{PMS, failing, striking};
use crate::process;
use crate::promise_09_whole_or_not_at_all::file_of;

fn consent() -> Consent {
    Consent::by("anna")
        .unwrap()
        .because("game day, the team is watching")
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
fn a_consent_without_a_name_cannot_be_built() {
    for who in ["", "  "] {
        assert!(Consent::by(who).is_err(), "{who:?}");
    }
}

#[test]
fn no_consent_covers_another() {
    let everywhere = || BlastRadius::everything(consent());
    let narrow = || BlastRadius::points_at(PMS);
    let mild = || failing("mild");
    for environment in [Environment::Test, Environment::Production] {
        let chaos = ChaosManager::builder().environment(environment).build();
        let in_production = environment == Environment::Production;
        for (experiment, is_destructive) in [(mild(), false), (crash(), true)] {
            for radius in [narrow(), everywhere()] {
                for given in 0..4 {
                    let (to_production, to_destruction) = (given & 1 != 0, given & 2 != 0);
                    let mut experiment = experiment
                        .clone()
                        .blast_radius(radius.clone())
                        .allow_collateral();
                    if to_production {
                        experiment = experiment.consent_to_production(consent());
                    }
                    if to_destruction {
                        experiment = experiment.consent_to_destruction(consent());
                    }
                    for experiment in [experiment.clone(), experiment.dry_run()] {
                        let started = chaos.start(experiment);
                        if is_destructive && !to_destruction {
                            assert_needs_consent(&started, ConsentNeeded::Destructive);
                        } else if in_production && !to_production {
                            assert_needs_consent(&started, ConsentNeeded::Production);
                        } else {
                            assert!(started.is_ok(), "{started:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_full_disk_needs_consent_of_its_own() {
    let chaos = ChaosManager::new();
    let everywhere = BlastRadius::everything(consent());
    let refused = chaos.inject(everywhere, Fault::exhaust(Pressure::disk_fill(1)));
    assert_needs_consent(&refused, ConsentNeeded::Destructive);
}

#[test]
fn a_crash_in_a_narrow_radius_is_refused_unless_collateral_is_allowed() {
    let chaos = ChaosManager::new();
    let agreed = || crash().consent_to_destruction(consent());
    let refused = chaos.start(agreed());
    assert!(
        matches!(refused, Err(Error::Collateral { .. })),
        "{refused:?}"
    );
    let allowed = chaos.start(agreed().allow_collateral());
    assert!(allowed.is_ok(), "{allowed:?}");
    drop(allowed);
    let everywhere = agreed().blast_radius(BlastRadius::everything(consent()));
    assert!(chaos.start(everywhere).is_ok());
}

#[test]
fn only_production_needs_consent_for_every_experiment() {
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
    let everywhere = failing("all").blast_radius(BlastRadius::everything(consent()));
    let destroying = failing("mild").consent_to_destruction(consent());
    for experiment in [failing("mild"), everywhere, destroying] {
        let refused = unset.start_file(file_of(std::slice::from_ref(&experiment)));
        assert_needs_consent(&refused, ConsentNeeded::UnstatedEnvironment);
        let agreed = experiment.consent_to_production(consent());
        assert!(unset.start_file(file_of(&[agreed])).is_ok());
    }
    let staging = ChaosManager::builder()
        .environment(Environment::Staging)
        .build();
    let started = staging.start_file(file_of(&[failing("mild")]));
    assert!(started.is_ok(), "{started:?}");
}

#[test]
fn a_crash_from_a_file_needs_consents_and_an_absolute_end() {
    let chaos = ChaosManager::new();
    let start =
        |experiment: &Experiment| chaos.start_file(file_of(std::slice::from_ref(experiment)));
    let crash = crash().allow_collateral();
    assert_needs_consent(&start(&crash), ConsentNeeded::Destructive);
    let crash = crash.consent_to_destruction(consent());
    assert_needs_consent(&start(&crash), ConsentNeeded::UnstatedEnvironment);
    let crash = crash.consent_to_production(consent());
    let refused = start(&crash);
    assert!(
        matches!(refused, Err(Error::CrashLoop { .. })),
        "{refused:?}"
    );
    let end = SystemTime::now() + Duration::from_secs(60);
    let started = start(&crash.until(end));
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
        .consent_to_destruction(consent())
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
