//! A finding's line is replayed by the very test that found it.

use std::ffi::OsStr;
use std::process::{Command, Output};

use chaos_explore::explore;

#[test]
#[ignore = "run by the tests below, in a process and an environment of its own"]
fn explored() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |_, paid| assert!(paid, "not paid"))
        .run();
}

fn explored_with(variable: &str, value: impl AsRef<OsStr>) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "environment::explored",
            "--ignored",
            "--nocapture",
        ])
        .env_remove("CHAOS_SEED")
        .env_remove("CHAOS_REPLAY")
        .env(variable, value)
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_line_in_the_environment_is_replayed_and_nothing_else() {
    let output = explored_with("CHAOS_REPLAY", "bank/point charge #1 after:reset");
    assert!(!output.status.success());
    let told = told(&output);
    assert!(
        told.contains("1 findings") && told.contains("3 runs"),
        "{told}"
    );
    assert!(told.contains("not paid"), "{told}");
}

#[test]
fn a_line_that_names_no_operation_of_the_test_fails_it() {
    let output = explored_with("CHAOS_REPLAY", "bank/point refund #1 after:reset");
    assert!(!output.status.success());
    assert!(told(&output).contains("Not reached"), "{}", told(&output));
}

#[test]
fn a_line_that_makes_no_sense_is_refused() {
    let output = explored_with("CHAOS_REPLAY", "bank charge after:reset");
    assert!(!output.status.success());
    assert!(
        told(&output).contains("CHAOS_REPLAY: `bank charge` is not a placement"),
        "{}",
        told(&output)
    );
}

#[cfg(unix)]
#[test]
fn a_line_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = explored_with("CHAOS_REPLAY", OsStr::from_bytes(b"bank\xff charge #1"));
    assert!(told(&output).contains("CHAOS_REPLAY:"), "{}", told(&output));
}

#[test]
fn the_seed_of_the_environment_is_taken() {
    let output = explored_with("CHAOS_SEED", "77");
    assert!(told(&output).contains("seed 77"), "{}", told(&output));
}
