//! Targets that the lab starts itself.
#![cfg(unix)]

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use chaos_lab::control::RemoteControl;
use chaos_lab::{Process, StartError};
use rustix::process::{Pid, test_kill_process};

fn command(command: &[&str]) -> Vec<String> {
    command.iter().map(|part| (*part).to_owned()).collect()
}

fn started(directory: &Path, parts: &[&str]) -> Result<Process, StartError> {
    Process::start(
        &command(parts),
        File::create(directory.join("log")).unwrap(),
    )
}

/// The process whose number is in a file, once it is there.
fn pid_in(path: &Path) -> Pid {
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if let Some(pid) = text.strip_suffix('\n') {
            return Pid::from_raw(pid.parse().unwrap()).unwrap();
        }
        std::thread::yield_now();
    }
}

#[test]
fn what_a_target_has_started_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; wait", path.display());
    let mut process = started(directory.path(), &["sh", "-c", &script]).unwrap();
    let first = pid_in(&path);
    assert!(test_kill_process(first).is_ok());
    fs::remove_file(&path).unwrap();
    process.restart().unwrap();
    let second = pid_in(&path);
    assert_ne!(first, second);
    drop(process);
    // A process that is killed is gone as soon as its new parent has looked.
    for pid in [first, second] {
        while test_kill_process(pid).is_ok() {
            std::thread::yield_now();
        }
    }
}

#[tokio::test]
async fn a_target_that_is_stopped_can_clean_up_unless_it_takes_too_long() {
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("pid");
    for (on_signal, limit, cleans_up) in [
        ("touch clean; exit", Duration::MAX, true),
        ("", Duration::ZERO, false),
    ] {
        let clean = directory.path().join("clean");
        let _ = fs::remove_file(&ready);
        let _ = fs::remove_file(&clean);
        let script = format!(
            "cd {}; trap '{on_signal}' TERM; echo $$ > pid; while :; do sleep 0.01; done",
            directory.path().display()
        );
        let mut process = started(directory.path(), &["sh", "-c", &script]).unwrap();
        let pid = pid_in(&ready);
        process.stop(limit).await;
        assert_eq!(clean.exists(), cleans_up);
        assert!(test_kill_process(pid).is_err());
    }
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_named_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("none.sock");
    let control = RemoteControl::new(&format!("unix:{}", socket.display())).unwrap();
    let mut ends = started(directory.path(), &["false"]).unwrap();
    let error = ends.ready(&control, Duration::MAX).await.unwrap_err();
    let expected = "`false` ended with exit status: 1 before it answered";
    assert_eq!(error.to_string(), expected);

    let mut hangs = started(directory.path(), &["sleep", "1000"]).unwrap();
    let error = hangs.ready(&control, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, StartError::Silent { .. }), "{error}");

    let missing = started(directory.path(), &["/nowhere/shop"]).unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("`/nowhere/shop` can't be started: "),
        "{missing}"
    );
    assert!(matches!(
        started(directory.path(), &[]),
        Err(StartError::Empty)
    ));
}
