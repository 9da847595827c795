//! This test binary once more, as a child: what is exhausted in it is scarce for nobody else.

use std::process::{Command, Output};

const ROLE: &str = "CHAOS_PRESSURE_ROLE";

/// Whether this process is the child that was to play this role.
pub(crate) fn plays(role: &str) -> bool {
    std::env::var(ROLE).is_ok_and(|given| given == role)
}

/// Runs the ignored test that has the name of the role, in a process of its own.
pub(crate) fn run(role: &str) -> Output {
    command(role).output().unwrap()
}


/// Runs it and fails with what it said, unless it passed.
#[track_caller]
pub(crate) fn passes(role: &str) {
    let output = run(role);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{:?}\n{told}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            role,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(ROLE, role);
    command
}
