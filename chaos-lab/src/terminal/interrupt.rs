//! Signals that end a run.

use std::io;

/// Returns the first signal to end, as the reason for it; a second signal exits at once.
///
/// Without handlers for signals it never returns: a signal then ends the process, and leases end the experiments.
pub async fn interrupted() -> String {
    let Ok(signal) = signal().await else {
        return std::future::pending().await;
    };
    tokio::spawn(async {
        if self::signal().await.is_ok() {
            // What was started ends with its lease.
            std::process::exit(130);
        }
    });
    format!("interrupted by {signal}")
}

#[cfg(unix)]
async fn signal() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        signal = tokio::signal::ctrl_c() => signal.map(|()| "SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

#[cfg(not(unix))]
async fn signal() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
