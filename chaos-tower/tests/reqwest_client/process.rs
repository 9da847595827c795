//! Tests that run again in a process of their own.

use std::process::Command;

/// Returns a command that runs a single test of this binary.
pub(crate) fn running(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]);
    command
}

/// Asserts that the test ran and passed.
pub(crate) fn assert_passes(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{output:?}");
}
