//! Signals that end a run.

use std::io;

/// Returns the name of the first signal to end; a second one exits at once.
pub(crate) async fn interrupted() -> io::Result<String> {
    let signal = signal().await?;
    tokio::spawn(async {
        if crate::interrupt::signal().await.is_ok() {
            // What was started ends with its lease.
            std::process::exit(130);
        }
    });
    Ok(format!("interrupted by {signal}"))
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
