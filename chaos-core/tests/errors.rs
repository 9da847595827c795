//! Errors print their message, whichever format prints them.

use std::error::Error as StdError;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Crash, Environment, Error, Experiment, ExperimentFile, Failure,
    Fault, Format, Pressure,
};

const SECOND: Duration = Duration::from_secs(1);

/// `fn main() -> Result<(), Box<dyn Error>>` and `unwrap` print errors with `Debug`.
#[track_caller]
fn assert_debug_prints_the_message(error: impl Into<Box<dyn StdError>>) {
    let error = error.into();
    let message = error.to_string();
    assert_eq!(format!("{error:?}"), message);
    assert_eq!(format!("{error:#?}"), message);
}

#[test]
fn an_error_returned_from_main_prints_its_message() {
    let chaos = ChaosManager::new();
    let crash = Fault::crash(Crash::Abort);
    assert_debug_prints_the_message(
        chaos
            .inject(BlastRadius::points_at("pms"), crash)
            .unwrap_err(),
    );
    let nowhere = Experiment::new("a").fault(Fault::error(Failure::Reset));
    assert_debug_prints_the_message(chaos.start(nowhere).unwrap_err());
    let file = || ExperimentFile::parse("version: 2", Format::Yaml, "chaos.yaml").unwrap_err();
    assert_debug_prints_the_message(file());
    assert_debug_prints_the_message(Error::from(file()));
    assert_debug_prints_the_message(Pressure::runtime_workers(1, SECOND).start().unwrap_err());
}

#[track_caller]
fn assert_mentions(error: &dyn StdError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "no {part} in: {message}");
    }
}

fn pressure() -> Fault {
    Fault::exhaust(Pressure::threads(1))
}

#[test]
fn the_error_for_pressure_without_a_radius_suggests_one() {
    let chaos = ChaosManager::new();
    let refused = chaos.start(Experiment::new("mem").fault(pressure()));
    assert_mentions(
        &refused.unwrap_err(),
        &[
            "BlastRadius::everything(Consent::by(\"<name>\")?)",
            "everything: { who: <name> }",
        ],
    );
    let refused = chaos.start(Experiment::new("x").fault(pressure()).fault(Fault::panic()));
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
        "chaos.yaml:3:5: experiments[0]: expected the key `blast_radius`, which for `exhaust` is { everything: { who: <name> } }"
    );
    assert_eq!(
        file("panic"),
        "chaos.yaml:3:5: experiments[0]: expected the key `blast_radius`"
    );
}

#[test]
fn refusals_without_permission_suggest_how_to_give_it() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Production)
        .build();
    let refused = chaos.inject(BlastRadius::points_at("pms"), Fault::panic());
    assert_mentions(
        &refused.unwrap_err(),
        &[
            "needs consent to production: it runs in production",
            "`consent: { production: { who: <name> } }`",
            "start an `Experiment` with `.consent_to_production(Consent::by(\"<name>\")?)`",
        ],
    );
    let refused =
        ChaosManager::new().inject(BlastRadius::points_at("pms"), Fault::crash(Crash::Abort));
    assert_mentions(
        &refused.unwrap_err(),
        &[
            "needs consent to destruction: its fault is destructive",
            "`consent: { destruction: { who: <name> } }`",
            "`.consent_to_destruction(Consent::by(\"<name>\")?)`",
        ],
    );
    assert_mentions(
        &Pressure::disk_fill(1).start().unwrap_err(),
        &[
            "`consent: { who: <name> }`",
            "`.consent(Consent::by(\"<name>\")?)`",
        ],
    );
    let refused = ChaosManager::new().inject(BlastRadius::points_at("pms"), pressure());
    assert_mentions(
        &refused.unwrap_err(),
        &[
            "everything: { who: <name> }",
            "allow_collateral: true",
            "`chaos.inject_with_collateral(radius, fault)`",
            "`Experiment::allow_collateral`",
        ],
    );
}

#[test]
fn the_error_for_pressure_on_a_runtime_names_the_runtime_it_needs() {
    let workers = |workers| {
        Pressure::runtime_workers(workers, SECOND)
            .start()
            .unwrap_err()
    };
    assert_mentions(
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
