//! The demonstration: the storefront under load and one fault after another.

#![allow(clippy::print_stdout, reason = "a demonstration prints")]

mod demo;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chaos_core::{ChaosManager, Environment};
use chaos_tower::ChaosListener;
use storefront::{BoxError, Settings, Storefront};
use tokio::net::TcpListener;
use tokio::signal;
use tokio::sync::oneshot;

const USAGE: &str = "storefront                         show the effects of faults on a service, in a minute
storefront --serve [chaos.yaml]    serve until Ctrl-C, with the experiments of a file, which is watched";

/// More than all injections of the demonstration.
const JOURNAL_ENTRIES: usize = 10_000;

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => None,
        ["--serve"] => Some("chaos.yaml"),
        ["--serve", file] => Some(file),
        _ => {
            println!("{USAGE}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .keep_entries(JOURNAL_ENTRIES)
        .build();
    let settings = Settings {
        bank_latency: Duration::from_millis(200),
        acquire_timeout: Duration::from_millis(500),
        ..Settings::default()
    };
    let shop = Storefront::start(&chaos, settings).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let (stop_server, server_stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stopped = async {
            let _ = server_stopped.await;
        };
        shop.serve(listener, stopped).await
    });

    let result = tokio::select! {
        result = async {
            match file {
                None => demo::run(&chaos, &url).await,
                Some(file) => demo::serve(&chaos, Path::new(file), &url).await,
            }
        } => result,
        stopped = shutdown_signal() => {
            println!("\nstopping");
            stopped.map_err(BoxError::from)
        }
    };
    // Halted before the server stops, so that it does not wait for requests that a fault holds.
    chaos.halt();
    let _ = stop_server.send(());
    server.await??;
    result?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for Ctrl-C or, on Unix, `SIGTERM`.
async fn shutdown_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await
}
