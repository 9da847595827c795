//! The command of the demonstration: how it ends, and what it leaves behind.
#![cfg(all(feature = "chaos", target_os = "linux"))]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// Starts the demonstration with a directory for its temporary files, and waits until its first scenario runs.
fn start(reports: &Path, temporary: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storefront"));
    let mut child = command
        .arg("--reports")
        .arg(reports)
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut progress = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    progress.read_line(&mut line).unwrap();
    assert_eq!(line, "unavailable catalogue: baseline\n");
    // It writes more than a pipe without a reader takes.
    std::thread::spawn(move || std::io::copy(&mut progress, &mut std::io::sink()));
    child
}

/// The storefront that the demonstration has started.
fn storefront_of(child: &Child) -> Pid {
    let pid = child.id();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    Pid::from_raw(children.trim().parse().unwrap()).unwrap()
}

#[test]
fn an_interrupt_ends_the_storefront_too_and_leaves_nothing_but_reports() {
    let reports = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let child = start(reports.path(), temporary.path());
    let storefront = storefront_of(&child);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(test_kill_process(storefront).is_err());
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    let printed = String::from_utf8(output.stdout).unwrap();
    let why = "# smoke: aborted\n\n`unavailable catalogue`: interrupted by SIGINT.\n";
    assert!(printed.contains(why), "{printed}");
    let named = fs::read_dir(reports.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let suite = named.into_iter().find(|path| path.is_dir()).unwrap();
    for file in ["report.md", "unavailable-catalogue/report.json"] {
        assert!(suite.join(file).exists(), "{file}");
    }
}

#[test]
fn a_storefront_outlives_no_killed_demonstration() {
    let reports = tempfile::tempdir().unwrap();
    let mut child = start(reports.path(), reports.path());
    let storefront = storefront_of(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    // It is gone as soon as its new parent has looked.
    while test_kill_process(storefront).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn an_unknown_bug_is_refused_with_the_known_ones() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storefront"));
    let output = command.args(["--bug", "haste"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).unwrap();
    let problem =
        "invalid value 'haste' for '--bug <NAME>': expected one of charge-without-key, no-timeout";
    assert!(printed.contains(problem), "{printed}");
}
