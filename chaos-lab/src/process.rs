//! A target that the lab starts itself.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::control::{Control, ControlError};

/// The time between two attempts to reach a target that starts.
const ATTEMPT: Duration = Duration::from_millis(50);

/// The time from a restart to the next, at least.
const PAUSE: Duration = Duration::from_secs(1);

/// A process that serves the target, with all processes that it starts; dropping it kills them.
#[derive(Debug)]
pub struct Process {
    command: Vec<String>,
    log: File,
    child: Child,
}

/// A target could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The command names no program.
    #[error("the command of the target is empty")]
    Empty,
    /// The program can't be started.
    #[error("`{program}` can't be started: {source}")]
    Program {
        /// The program.
        program: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The program ended before it answered.
    #[error("`{program}` ended with {status} before it answered")]
    Ended {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
    },
    /// The program did not answer in time.
    #[error("no answer within {limit:?}: {last}")]
    Silent {
        /// The time limit.
        limit: Duration,
        /// The last error.
        last: ControlError,
    },
}

impl Process {
    /// Starts a program with its arguments; its output goes to `log`.
    ///
    /// # Errors
    ///
    /// When the command is empty, or the program can't be started.
    pub fn start(command: &[String], log: File) -> Result<Self, StartError> {
        let child = spawn(command, &log)?;
        Ok(Self {
            command: command.to_vec(),
            log,
            child,
        })
    }

    /// Waits until the API of the target answers.
    ///
    /// # Errors
    ///
    /// When the process ends, or the time is up.
    pub async fn ready(
        &mut self,
        control: &impl Control,
        limit: Duration,
    ) -> Result<(), StartError> {
        let answer = self.answer(limit, async || control.describe().await);
        answer.await.map(drop)
    }

    /// Waits until the target answers what it is asked.
    ///
    /// # Errors
    ///
    /// When the process ends, or the time is up.
    pub async fn answer<T>(
        &mut self,
        limit: Duration,
        ask: impl AsyncFn() -> Result<T, ControlError>,
    ) -> Result<T, StartError> {
        let start = Instant::now();
        loop {
            let last = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(last) => last,
            };
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(StartError::Ended {
                    program: self.command[0].clone(),
                    status: status.to_string(),
                });
            }
            if start.elapsed() >= limit {
                return Err(StartError::Silent { limit, last });
            }
            tokio::time::sleep(ATTEMPT).await;
        }
    }

    /// Asks it to end, and kills it if it takes too long.
    ///
    /// Without signals to ask with, it is killed at once.
    pub async fn stop(&mut self, limit: Duration) {
        #[cfg(not(unix))]
        let _ = limit;
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process};
            let start = Instant::now();
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < limit {
                tokio::time::sleep(ATTEMPT).await;
            }
        }
        self.kill();
    }

    /// Kills it with all processes that it has started, as a crash would.
    pub fn kill(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            // A group that is gone needs no signal.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Kills it, and starts it again.
    ///
    /// # Errors
    ///
    /// When the program can't be started.
    pub fn restart(&mut self) -> Result<(), StartError> {
        self.kill();
        self.child = spawn(&self.command, &self.log)?;
        Ok(())
    }

    /// Starts it again each time that it ends, until the future is dropped.
    ///
    /// # Errors
    ///
    /// When the program can't be started.
    pub async fn supervise(&mut self) -> Result<Infallible, StartError> {
        loop {
            tokio::time::sleep(ATTEMPT).await;
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                self.restart()?;
                // A program that can't run must not be started in a tight loop.
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(command: &[String], log: &File) -> Result<Child, StartError> {
    let (program, arguments) = command.split_first().ok_or(StartError::Empty)?;
    let failed = |source| StartError::Program {
        program: program.clone(),
        source,
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        // The token of the lab is for its API, not for what it logs.
        .env_remove("CHAOS_LAB_TOKEN")
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log.try_clone().map_err(failed)?);
    #[cfg(unix)]
    {
        // Its own group, so that what it starts ends with it, and a signal to the lab does not reach it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    command.spawn().map_err(failed)
}
