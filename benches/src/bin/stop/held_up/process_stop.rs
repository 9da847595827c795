//! A process that is stopped as a whole, and continued.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::monotonic::monotonic;

/// Another process that can stop this one.
pub(super) struct Stopper(Child);

/// The argument with which this program is that other process.
pub(crate) const STOPPER: &str = "--stop-parent";

impl Stopper {
    /// Long enough that everything which is due falls into it.
    const STOPPED_FOR: Duration = Duration::from_millis(250);

    pub(super) fn new() -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.arg(STOPPER).arg(std::process::id().to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.spawn().expect("a process"))
    }

    /// Has this process stopped, and returns when it was continued; `creates` appears in between.
    pub(super) fn stop(mut self, creates: Option<&Path>) -> Instant {
        let mut input = self.0.stdin.take().expect("piped");
        let path = creates.unwrap_or(Path::new("")).display();
        writeln!(input, "{path}").expect("the other process reads");
        let mut continued = String::new();
        let mut output = self.0.stdout.take().expect("piped");
        let read = output.read_to_string(&mut continued);
        let (now, instant) = (monotonic(), Instant::now());
        read.expect("the other process writes");
        self.0.wait().expect("the other process ends");
        let continued = Duration::from_nanos(continued.trim().parse().expect("nanoseconds"));
        instant - now.saturating_sub(continued)
    }
}

/// Stops a process once a line comes, creates the file that the line names, and continues the process.
pub(crate) fn stop_parent(parent: &str) {
    let parent = parent.parse().ok().and_then(Pid::from_raw).expect("a pid");
    let mut creates = String::new();
    let input = BufReader::new(std::io::stdin()).read_line(&mut creates);
    if input.is_ok_and(|bytes| bytes == 0) {
        return;
    }
    kill_process(parent, Signal::STOP).expect("the parent lives");
    std::thread::sleep(Stopper::STOPPED_FOR);
    let creates = creates.trim();
    if !creates.is_empty() {
        std::fs::write(creates, "").expect("a writable directory");
    }
    println!("{}", monotonic().as_nanos());
    kill_process(parent, Signal::CONT).expect("the parent lives");
}
