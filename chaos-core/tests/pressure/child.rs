//! This test binary once more, as a child: what is exhausted in it is scarce for nobody else.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const ROLE: &str = "CHAOS_PRESSURE_ROLE";

/// Whether this process is the child that was to play this role.
pub(crate) fn plays(role: &str) -> bool {
    std::env::var(ROLE).is_ok_and(|given| given == role)
}

/// Runs the ignored test that has the name of the role in a process of its own, and fails with what it said unless it
/// passed.
#[track_caller]
pub(crate) fn passes(role: &str) {
    let output = command(role).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{:?}\n{told}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Starts it with these variables, and goes on; what it tells can be read.
pub(crate) fn start(role: &str, variables: &[(&str, &Path)]) -> Child {
    command(role)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Returns once a child has told this word.
#[track_caller]
pub(crate) fn wait_for_word(child: &mut Child, word: &str) {
    let mut told = BufReader::new(child.stdout.take().unwrap());
    let mut lines = told.by_ref().lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.ends_with(word)),
        "it ended before it told `{word}`"
    );
    // Kept open: who tells more must not find that nobody listens.
    child.stdout = Some(told.into_inner());
}

/// Tells a word to the test that started this process.
pub(crate) fn tell(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{word}").unwrap();
    out.flush().unwrap();
}

/// A word about what can't be tested here.
#[expect(clippy::print_stderr, reason = "a test that is left out should say so")]
pub(crate) fn left_out(why: &str) {
    eprintln!("left out: {why}");
}

fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([role, "--exact", "--ignored", "--nocapture"])
        .arg("--test-threads=1")
        // Not one for each thread: their address space is no thread's stack.
        .env("MALLOC_ARENA_MAX", "1")
        .env(ROLE, role);
    command
}
