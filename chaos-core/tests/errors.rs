//! What is wrong is said in a sentence, whoever prints it.

use std::error::Error as StdError;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Crash, Environment, Error, Experiment, ExperimentFile, Failure,
    Fault, Format, Pressure,
};

const SECOND: Duration = Duration::from_secs(1);

/// `fn main() -> Result<(), Box<dyn Error>>` prints an error so, and so does `unwrap`.
#[track_caller]
fn is_the_sentence(error: impl Into<Box<dyn StdError>>) {
    let error = error.into();
    let sentence = error.to_string();
    assert_eq!(format!("{error:?}"), sentence);
    assert_eq!(format!("{error:#?}"), sentence);
}

#[test]
fn an_error_that_leaves_main_is_the_sentence() {
    let chaos = ChaosManager::new();
    let crash = Fault::crash(Crash::Abort);
    is_the_sentence(
        chaos
            .inject(BlastRadius::points_at("pms"), crash)
            .unwrap_err(),
    );
    let nowhere = Experiment::new("a").fault(Fault::error(Failure::Reset));
    is_the_sentence(chaos.start(nowhere).unwrap_err());
    let file = || ExperimentFile::parse("version: 2", Format::Yaml, "chaos.yaml").unwrap_err();
    is_the_sentence(file());
    is_the_sentence(Error::from(file()));
    is_the_sentence(Pressure::runtime_workers(1, SECOND).start().unwrap_err());
}

#[track_caller]
fn says(error: &dyn StdError, parts: &[&str]) {
    let told = error.to_string();
    for part in parts {
        assert!(told.contains(part), "no {part} in: {told}");
    }
}

fn presses() -> Fault {
    Fault::exhaust(Pressure::threads(1))
}

#[test]
fn pressure_without_a_radius_is_told_which_one_it_takes() {
    let chaos = ChaosManager::new();
    let refused = chaos.start(Experiment::new("mem").fault(presses()));
    says(
        &refused.unwrap_err(),
        &[
            "BlastRadius::everything(Consent::because(",
            "everything: <why>",
        ],
    );
    let refused = chaos.start(Experiment::new("x").fault(presses()).fault(Fault::panic()));
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .ends_with("expected a blast radius")
    );

    let file = |fault: &str| {
        let text = format!("version: 1\nexperiments:\n  - name: mem\n    fault: {fault}\n");
        ExperimentFile::parse(&text, Format::Yaml, "chaos.yaml")
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        file("{ exhaust: { threads: 1 } }"),
        "chaos.yaml:3:5: experiments[0]: expected the key `blast_radius`, which for `exhaust` is { everything: <why> }"
    );
    assert_eq!(
        file("panic"),
        "chaos.yaml:3:5: experiments[0]: expected the key `blast_radius`"
    );
}

#[test]
fn what_is_refused_for_want_of_leave_is_told_how_to_get_it() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Production)
        .build();
    let refused = chaos.inject(BlastRadius::points_at("pms"), Fault::panic());
    says(
        &refused.unwrap_err(),
        &["start an `Experiment` with `.consent(…)`"],
    );
    let refused = ChaosManager::new().inject(BlastRadius::points_at("pms"), presses());
    says(
        &refused.unwrap_err(),
        &[
            "everything: <why>",
            "allow_collateral: true",
            "`.allow_collateral()`",
        ],
    );
}

#[test]
fn pressure_on_a_runtime_is_told_which_runtime_it_needs() {
    let workers = |workers| {
        Pressure::runtime_workers(workers, SECOND)
            .start()
            .unwrap_err()
    };
    says(
        &workers(1),
        &["start it within `block_on` or a `#[tokio::test]`"],
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let refused = runtime.block_on(async { workers(9) });
    assert_eq!(
        refused.to_string(),
        "runtime_workers pressure asks for 9 workers, but the runtime has 2"
    );
}
