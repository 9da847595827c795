//! The environment variables `CHAOS_REPLAY` and `CHAOS_SEED`.

use std::ffi::OsStr;
use std::process::{Command, Output};

use chaos_explore::explore;

#[test]
#[ignore = "run by the tests below, in a process with its own environment"]
fn an_exploration() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |_, paid| assert!(paid, "not paid"))
        .run();
}

fn explore_with(variable: &str, value: impl AsRef<OsStr>) -> Output {
    explore_selected(&["--exact", "environment::an_exploration"], variable, value)
}

/// Explores the tests that these arguments of the test harness select.
fn explore_selected(tests: &[&str], variable: &str, value: impl AsRef<OsStr>) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(tests)
        .args(["--ignored", "--nocapture"])
        .env_remove("CHAOS_SEED")
        .env_remove("CHAOS_REPLAY")
        .env(variable, value)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn chaos_replay_runs_only_its_line() {
    let output = explore_with("CHAOS_REPLAY", "bank/point charge #1 after:reset");
    assert!(!output.status.success());
    let stderr = stderr(&output);
    assert!(
        stderr.contains("1 finding\n") && stderr.contains("3 runs"),
        "{stderr}"
    );
    assert!(stderr.contains("not paid"), "{stderr}");
}

fn assert_not_reached(output: &Output) {
    assert!(!output.status.success());
    let text = stderr(output);
    assert!(text.contains("Not reached"), "{text}");
}

#[test]
fn replaying_an_unknown_operation_fails_the_test() {
    let output = explore_with("CHAOS_REPLAY", "bank/point refund #1 after:reset");
    assert_not_reached(&output);
}

#[test]
fn an_exploration_that_a_replay_is_not_for_is_skipped() {
    for (line, is_for) in [
        (
            "[other::test] bank/point charge #1 after:reset",
            "other::test",
        ),
        ("stock/point reserve #1 after:reset", "another test"),
    ] {
        let output = explore_selected(&["an_exploration"], "CHAOS_REPLAY", line);
        assert!(output.status.success(), "{}", stderr(&output));
        let skipped = format!("CHAOS_REPLAY is for {is_for}, so this exploration is skipped");
        assert!(stderr(&output).contains(&skipped), "{}", stderr(&output));
    }
}

#[test]
fn a_misspelt_test_in_a_replay_fails() {
    for misspelt in ["environment::an_exploraton", "environment::na_explorations"] {
        let line = format!("[{misspelt}] bank/point charge #1 after:reset");
        let output = explore_selected(&["an_exploration"], "CHAOS_REPLAY", line);
        assert!(!output.status.success());
        let text = stderr(&output);
        assert!(
            text.contains("did you mean `environment::an_exploration`?") && text.contains(misspelt),
            "{text}"
        );
    }
}

#[test]
#[ignore = "its name is like that of another exploration"]
fn an_exploration2() {
    an_exploration();
}

#[test]
fn a_replay_for_a_test_with_a_similar_name_is_skipped() {
    let line = "[environment::an_exploration2] bank/point charge #1 after:reset";
    let tests = ["--exact", "environment::an_exploration"];
    let output = explore_selected(&tests, "CHAOS_REPLAY", line);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_replay_that_names_its_test_fails_if_its_operation_is_unknown() {
    let line = "[environment::an_exploration] stock/point reserve #1 after:reset";
    let output = explore_selected(&["an_exploration"], "CHAOS_REPLAY", line);
    assert_not_reached(&output);
}

/// The command that a report prints replays the finding, as it stands.
#[test]
fn the_printed_command_replays_the_finding() {
    let output = explore_with("CHAOS_SEED", "0");
    let text = stderr(&output);
    let command = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("CHAOS_REPLAY='"))
        .unwrap_or_else(|| panic!("{text}"));
    let (line, command) = command["CHAOS_REPLAY='".len()..].split_once("' ").unwrap();
    assert!(command.starts_with("cargo test"), "{command}");
    let test = command.rsplit(' ').next().unwrap();
    let output = explore_selected(&[test], "CHAOS_REPLAY", line);
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(
        text.contains("3 runs") && text.contains("1 finding\n"),
        "{text}"
    );
}

#[test]
fn an_invalid_line_is_rejected() {
    let output = explore_with("CHAOS_REPLAY", "bank charge after:reset");
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("CHAOS_REPLAY: `bank charge` is not a placement"),
        "{}",
        stderr(&output)
    );
}

#[cfg(unix)]
#[test]
fn a_line_that_is_not_utf8_is_rejected() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = explore_with("CHAOS_REPLAY", OsStr::from_bytes(b"bank\xff charge #1"));
    assert!(
        stderr(&output).contains("CHAOS_REPLAY:"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn chaos_seed_sets_the_seed() {
    let output = explore_with("CHAOS_SEED", "77");
    assert!(stderr(&output).contains("seed 77"), "{}", stderr(&output));
}
