//! Runs this test binary as a child process, which may end or have other environment variables.

use std::path::PathBuf;
use std::process::{Command, Output};

const ROLE: &str = "CHAOS_TEST_ROLE";

/// The role of this process, if it is a child.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Runs one test of this binary in a dedicated process.
pub(crate) fn run(test: &str, role: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// A path without a file; each test needs a different name.
pub(crate) fn free_path(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}
