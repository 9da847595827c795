//! The command as its users see it: files, output and exit codes.
#![cfg(unix)]

mod history;
mod refusals;
mod reports;
mod schedule;
mod shop;
mod signals;
mod started;
mod unattended;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn lab<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos-lab"));
    command.args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
        .env_remove("CHAOS_LAB_ADMIN")
        .env_remove("CHAOS_LAB_TOKEN");
    command
}

/// Waits for the command without holding up the runtime that serves its target.
async fn finish(child: Child) -> (Option<i32>, String, String) {
    let wait = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let Output {
        status,
        stdout,
        stderr,
    } = wait.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn output(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn judge(record: &Path) -> (Option<i32>, String) {
    let output = lab(["judge"]).arg(record).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}
