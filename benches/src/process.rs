//! This program again, in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A process that is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// The time after which a line counts as one that never comes.
const NEVER: Duration = Duration::from_secs(30);

impl Process {
    /// Runs this program with other arguments.
    pub(crate) fn of_this<I: IntoIterator<Item: AsRef<std::ffi::OsStr>>>(arguments: I) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let output = child.stdout.take().expect("piped");
        let (lines, read) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        Self { child, lines: read }
    }

    /// Waits for the next line that it prints.
    pub(crate) fn line(&self) -> Result<String, String> {
        let line = self.lines.recv_timeout(NEVER);
        line.map_err(|error| format!("its process printed no line: {error}"))
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is not waited for");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
