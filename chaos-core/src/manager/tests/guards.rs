use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::ExperimentFile;

/// What a closure panics with, if it does.
fn panic_of(work: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(work)).err()?;
    Some(panic.downcast_ref::<String>().expect("a text").clone())
}

#[track_caller]
fn expecting(chaos: &ChaosManager) -> ExperimentGuard {
    let guard = chaos.start(broken("a", points())).unwrap();
    guard.expect_injected()
}

#[test]
fn a_guard_panics_unless_it_injected_what_was_expected() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let start = || expecting(&chaos);

    let guard = start();
    let text = panic_of(move || drop(guard)).expect("nothing was injected");
    for part in [
        "`a` injected nothing",
        file!(),
        "no operation happened at its sites",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(
        chaos.site("pms").point_blocking("reserve").is_ok(),
        "it has ended"
    );

    let guard = start();
    assert!(site.point_blocking("reserve").is_err());
    assert_eq!(panic_of(move || drop(guard)), None);
    assert_eq!(panic_of(|| start().detach()), None);
}

#[test]
fn an_expectation_outlives_the_end_of_its_experiment() {
    let chaos = ChaosManager::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let start = || expecting(&chaos);
    let guard = start();
    chaos.stop("a").unwrap();
    assert!(panic_of(move || drop(guard)).is_some());
    assert!(panic_of(|| runtime.block_on(start().end())).is_some());
}

#[test]
fn an_expectation_does_not_hide_another_panic() {
    let chaos = ChaosManager::new();
    let text = panic_of(|| {
        let _guard = expecting(&chaos);
        panic!("{}", "the test failed".to_owned());
    });
    assert_eq!(text.as_deref(), Some("the test failed"));
    assert!(chaos.start(broken("a", points())).is_ok(), "it has ended");
}

#[test]
fn guards_of_a_file_are_found_by_name_and_detach_together() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let file = || ExperimentFile::new(vec![broken("b", points()), broken("a", points())]);
    let guards = chaos.start_file(file()).unwrap();
    assert_eq!(guards.len(), 2);
    assert_eq!(guards[0].name(), "b");
    assert_eq!(guards.named("a").map(ExperimentGuard::name), Some("a"));
    assert!(guards.named("c").is_none());
    assert_eq!((&guards).into_iter().count(), 2);
    let ended = || {
        chaos
            .status()
            .iter()
            .all(|status| matches!(status.state, crate::ExperimentState::Ended(_)))
    };
    let mut one_by_one = guards.into_iter();
    drop(one_by_one.next());
    assert!(!ended());
    drop(one_by_one);
    assert!(ended());
    chaos.start_file(file()).unwrap().detach();
    assert!(!ended());
}
