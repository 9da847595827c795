//! Runs a test in a child process, so that the resource it exhausts is scarce for no other test.

use std::any::type_name;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const TEST: &str = "CHAOS_PRESSURE_TEST";

/// Runs the body of a test in a child process, and fails with the child's output unless it passes there.
#[track_caller]
pub(crate) fn isolated<F: FnOnce()>(body: F) {
    let test = test_of(&body);
    if is_child_of(test) {
        return body();
    }
    let output = command(test).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{:?}\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Returns the name of the test that contains a closure.
pub(crate) fn test_of<F: FnOnce()>(_: &F) -> &'static str {
    let path = type_name::<F>().trim_end_matches("::{{closure}}");
    path.split_once("::").unwrap().1
}

/// Whether this process is a child started for a test.
pub(crate) fn is_child_of(test: &str) -> bool {
    std::env::var(TEST).is_ok_and(|name| name == test)
}

/// Starts a child with these environment variables and a piped output.
pub(crate) fn start(test: &str, variables: &[(&str, &Path)]) -> Child {
    command(test)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Returns once a child has printed `message`.
#[track_caller]
pub(crate) fn wait_for_message(child: &mut Child, message: &str) {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = output.by_ref().lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.ends_with(message)),
        "the child ended before it printed `{message}`"
    );
    // Kept open: later output of the child must not fail.
    child.stdout = Some(output.into_inner());
}

/// Prints a message for the parent.
pub(crate) fn print_message(message: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{message}").unwrap();
    out.flush().unwrap();
}

#[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
pub(crate) fn report_skipped(why: &str) {
    eprintln!("skipped: {why}");
}

fn command(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        // One arena instead of one per thread: their address space would count as stack.
        .env("MALLOC_ARENA_MAX", "1")
        .env(TEST, test);
    command
}
