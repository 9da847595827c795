//! What an exploration reads from its environment: variables, and the name of its test.

use std::env;
use std::process::Command;
use std::thread;

use crate::placement::{Placement, parse_line};

/// The value of `CHAOS_REPLAY`.
pub(crate) struct ReplayRequest {
    /// The test that the line is for, if the line names it.
    pub(crate) test: Option<String>,
    pub(crate) placements: Vec<Placement>,
}

/// Returns the value of `CHAOS_SEED`.
pub(crate) fn seed() -> Option<u64> {
    let seed = variable("CHAOS_SEED")?;
    Some(
        seed.parse()
            .unwrap_or_else(|error| panic!("CHAOS_SEED: {error}")),
    )
}

/// Returns the value of `CHAOS_REPLAY`: a replay line, preceded by the name of its test in brackets.
pub(crate) fn replay_request() -> Option<ReplayRequest> {
    let line = variable("CHAOS_REPLAY")?;
    let named = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    let (test, placements) = match named {
        Some((test, rest)) if is_test_name(test) => (Some(test.to_owned()), rest),
        _ => (None, &*line),
    };
    let placements = parse_line(placements).unwrap_or_else(|error| panic!("CHAOS_REPLAY: {error}"));
    Some(ReplayRequest { test, placements })
}

/// Returns the name of the test that the current thread runs, if the test harness shows it.
pub(crate) fn test_name() -> Option<String> {
    let current = thread::current();
    let of_thread = current
        .name()
        .filter(|name| *name != "main" && is_test_name(name));
    of_thread.map(str::to_owned).or_else(exact_test)
}

/// Returns whether this test binary lists a test of this name.
pub(crate) fn has_test(name: &str) -> bool {
    let listed = env::current_exe().and_then(|tests| {
        let mut list = Command::new(tests);
        // A harness that ignores the arguments must not come here again.
        list.args(["--list", "--format", "terse"])
            .env_remove("CHAOS_REPLAY");
        list.output()
    });
    let is_listed = |text: &str| {
        let mut lines = text.lines();
        lines.any(|line| line.strip_suffix(": test") == Some(name))
    };
    listed.is_ok_and(|output| is_listed(&String::from_utf8_lossy(&output.stdout)))
}

/// Returns whether the process was started for this test by its name.
pub(crate) fn is_named_in_arguments(test: &str) -> bool {
    env::args().skip(1).any(|argument| argument == test)
}

/// Returns the only test of a process such as those of `cargo nextest`.
fn exact_test() -> Option<String> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let is_exact = arguments.iter().any(|argument| argument == "--exact");
    let mut names = arguments.into_iter().filter(|one| is_test_name(one));
    let name = names.next().filter(|_| is_exact)?;
    names.next().is_none().then_some(name)
}

fn is_test_name(text: &str) -> bool {
    let is_of_path = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':');
    !text.is_empty() && text.chars().all(is_of_path)
}

/// Returns the value of an environment variable, if it is set.
fn variable(name: &str) -> Option<String> {
    match env::var(name) {
        Err(env::VarError::NotPresent) => None,
        value => Some(value.unwrap_or_else(|error| panic!("{name}: {error}"))),
    }
}
