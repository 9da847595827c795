//! 9. A bad file is refused completely, and running experiments continue unchanged.

use std::fs;

use chaos_core::{
    BlastRadius, ChaosManager, Consent, EndReason, Environment, Error, Experiment, ExperimentFile,
};

use crate::asking::gets_through;
use crate::experiments::{PMS, failing};
use crate::process::{self, free_path};

/// A file with these experiments, without the checks of the reader.
pub(crate) fn file_of(experiments: &[Experiment]) -> ExperimentFile {
    ExperimentFile::new(experiments.to_vec())
}

fn staging() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Staging)
        .protect("auth")
        .build()
}

fn named(experiment: &str, service: &str) -> Experiment {
    failing(experiment).blast_radius(BlastRadius::points_at(service))
}

#[tokio::test]
async fn a_file_with_one_refused_experiment_starts_none() {
    let chaos = staging();
    let pms = chaos.site(PMS);
    let bad = [
        named("protected", "auth"),
        failing("good"),
        failing("running"),
        failing("no such site to judge")
            .abort_when(chaos_core::Condition::consecutive_failures(1).at("nowhere")),
    ];
    let running = chaos.start(named("running", "mail")).unwrap();
    for (at, bad) in bad.into_iter().enumerate() {
        let file = file_of(&[failing("good"), bad]);
        let refused = chaos.start_file(file);
        assert!(refused.is_err(), "{at}: {refused:?}");
        assert!(
            gets_through(&pms).await,
            "{at}: the good experiment did not start"
        );
        assert!(pms.needs().is_none());
        let names: Vec<_> = chaos.status().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["running"], "{at}");
    }
    assert_eq!(running.ended(), None);
    assert!(chaos.site("mail").point_blocking("send").is_err());
    // The refused files leave the name free.
    let started = chaos.start_file(file_of(&[failing("good")])).unwrap();
    assert_eq!(started.len(), 1);
    assert!(!gets_through(&pms).await);
}

#[test]
fn a_valid_file_starts_completely() {
    let chaos = staging();
    let file = file_of(&[failing("a"), named("b", "mail")]);
    let guards = chaos.start_file(file).unwrap();
    assert!(chaos.site(PMS).point_blocking("reserve").is_err());
    assert!(chaos.site("mail").point_blocking("send").is_err());
    drop(guards);
    assert!(chaos.site("mail").point_blocking("send").is_ok());
}

#[test]
fn a_refused_file_ends_no_running_experiment() {
    let chaos = staging();
    let guard = chaos.start(failing("running")).unwrap();
    let refused = chaos.start_file(file_of(&[failing("x"), failing("x")]));
    assert!(
        matches!(refused, Err(Error::AlreadyRunning { .. })),
        "{refused:?}"
    );
    assert_eq!(guard.ended(), None);
    chaos.stop("running").unwrap();
    assert_eq!(
        guard.ended(),
        Some(&EndReason::Stopped(chaos_core::Actor::Code.into()))
    );
}

const CHILD: &str = "promise_09_whole_or_not_at_all::the_child_with_a_file";

#[test]
fn a_manager_is_built_from_a_valid_file_or_not_at_all() {
    let agreed = failing("good").consent_to_production(Consent::by("game day").unwrap());
    let whole = [agreed.clone()];
    // It needs consent, as the environment is not set.
    let bad = [agreed, failing("bad")];
    for (role, experiments) in [("started", &whole[..]), ("refused", &bad[..])] {
        let path = free_path(&format!("{role}.json"));
        let text = serde_json::json!({ "version": 1, "experiments": experiments });
        fs::write(&path, text.to_string()).unwrap();
        let variables = [("CHAOS_FILE", path.to_str().unwrap())];
        let child = process::run(CHILD, role, &variables);
        assert!(child.status.success(), "{role}: {child:?}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn the_child_with_a_file() {
    let Some(role) = process::role() else {
        return;
    };
    let built = ChaosManager::from_env();
    if role == "started" {
        let chaos = built.unwrap();
        assert!(chaos.site(PMS).point_blocking("reserve").is_err());
    } else {
        assert!(
            matches!(built, Err(Error::NeedsConsent { .. })),
            "{built:?}"
        );
    }
}
