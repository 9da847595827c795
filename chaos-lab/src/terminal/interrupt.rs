//! Signals that end a run.

use std::io;

/// Returns the first signal to end, as the reason for it; a second signal exits at once.
///
/// Without handlers for signals it never returns: a signal then ends the process, and leases end the experiments.
pub async fn interrupted() -> String {
    let Ok(mut signals) = Signals::new() else {
        return std::future::pending().await;
    };
    let signal = signals.next().await;
    // The same handlers, so that no signal between the two is lost.
    tokio::spawn(async move {
        signals.next().await;
        // What was started ends with its lease.
        std::process::exit(130);
    });
    format!("interrupted by {signal}")
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> &'static str {
        self.0.recv().await;
        "Ctrl-C"
    }
}
