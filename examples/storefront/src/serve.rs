//! Serves the storefront until it is stopped, with the experiments of a file.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chaos_admin::{Address, Admin, AdminServer};
use chaos_approval::SshVerifier;
use chaos_core::{ChaosManager, Environment, Event, Policy};
use chaos_tower::ChaosListener;
use storefront::{BoxError, Bug, Settings, Storefront};
use tokio::net::TcpListener;
use tokio::signal;
use tokio::sync::oneshot;

/// The file in the directory of a child that has its URL.
pub(crate) const URL: &str = "url";

/// The socket of the API of a child, in the same directory.
pub(crate) const SOCKET: &str = "chaos.sock";

/// An address that is free.
const ANY_ADDRESS: &str = "127.0.0.1:0";

/// More than the injections between two looks at the journal.
const JOURNAL_ENTRIES: usize = 10_000;

const EXAMPLE: &str = r#"version: 1
experiments:
  - name: slow payments
    fault: { latency: 1s }
    blast_radius: { calls_to: payments }
    time_limit: 10m"#;

/// Runs the experiments of a file for as long as the file contains them, and opens the API of chaos.
pub(crate) async fn until_stopped(bug: Option<Bug>, file: &Path) -> Result<ExitCode, BoxError> {
    serve(bug, ANY_ADDRESS, async |chaos, url| {
        tokio::select! {
            ended = show(chaos, file, url) => ended,
            stopped = shutdown_signal() => {
                println!("\nstopping");
                Ok(stopped?)
            }
        }
    })
    .await
}

/// Serves until it is stopped, or its parent process is gone.
///
/// The file with the URL is there before the API answers. One that is started again in the same directory has the same URL.
pub(crate) async fn as_child(bug: Option<Bug>, directory: &Path) -> Result<ExitCode, BoxError> {
    let before = fs::read_to_string(directory.join(URL)).unwrap_or_default();
    let address = before.strip_prefix("http://").unwrap_or(ANY_ADDRESS);
    serve(bug, address, async |chaos, url| {
        fs::write(directory.join(URL), url)?;
        let socket = Address::Unix(directory.join(SOCKET));
        let _admin = Admin::new(chaos).listen(socket).serve()?;
        tokio::select! {
            () = orphaned() => Ok(()),
            stopped = shutdown_signal() => Ok(stopped?),
        }
    })
    .await
}

/// Serves a storefront at an address while `work` goes on with its manager and its URL.
async fn serve(
    bug: Option<Bug>,
    address: &str,
    work: impl AsyncFnOnce(&ChaosManager, &str) -> Result<(), BoxError>,
) -> Result<ExitCode, BoxError> {
    let mut builder = ChaosManager::builder()
        .environment(Environment::Test)
        .approval_verifier(SshVerifier)
        .keep_entries(JOURNAL_ENTRIES);
    if let Some(policy) = std::env::var_os("CHAOS_POLICY") {
        builder = builder.policy(Policy::read(policy)?);
    }
    let chaos = builder.try_build()?;
    let shop = Storefront::start(&chaos, Settings::served(bug)).await?;
    let listener = TcpListener::bind(address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let (stop_server, server_stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stopped = async {
            let _ = server_stopped.await;
        };
        shop.serve(listener, stopped).await
    });
    let result = work(&chaos, &url).await;
    // Halted before the server stops, so that it does not wait for requests that a fault holds.
    chaos.halt();
    let _ = stop_server.send(());
    server.await??;
    result.map(|()| ExitCode::SUCCESS)
}

/// Waits until this process has another parent, as its own is gone.
async fn orphaned() {
    #[cfg(unix)]
    {
        use std::os::unix::process::parent_id;

        let parent = parent_id();
        while parent_id() == parent {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    #[cfg(not(unix))]
    std::future::pending::<()>().await;
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

async fn show(chaos: &ChaosManager, file: &Path, url: &str) -> Result<(), BoxError> {
    println!("serving at {url} until Ctrl-C. Try\n  curl {url}/products");
    println!(
        r#"  curl {url}/checkout -H 'idempotency-key: 1' -H 'content-type: application/json' -d '{{"product":"lamp"}}'"#
    );
    let admin = open_admin(chaos)?;
    for address in admin.addresses() {
        show_curl(address);
    }
    println!(
        "The experiments in {} run while the file contains them. For example:\n\n{EXAMPLE}\n",
        file.display()
    );
    let _watch = chaos.watch_file(file)?;
    let mut next = 0;
    loop {
        let page = chaos.journal_since(next);
        for entry in page.entries() {
            show_event(&entry.event);
        }
        next = page.next;
        chaos.journal_reached(next).await;
    }
}

/// Opens the API where `CHAOS_ADMIN` says, and otherwise on a socket beside the file.
fn open_admin(chaos: &ChaosManager) -> Result<AdminServer, BoxError> {
    if std::env::var_os("CHAOS_ADMIN").is_some() {
        return Ok(Admin::from_env(chaos)?);
    }
    let socket = Address::Unix("storefront.sock".into());
    Ok(Admin::new(chaos).listen(socket).serve()?)
}

fn show_curl(address: &Address) {
    let curl = match address {
        Address::Unix(path) => {
            format!(
                "curl --unix-socket {} http://localhost/chaos/v1",
                path.display()
            )
        }
        address => format!("curl http://{address}/chaos/v1"),
    };
    println!("The API of chaos is open. Try\n  {curl}/status");
    println!(
        "  {curl}/experiments -H 'content-type: application/yaml' -d '{{ name: slow, fault: {{ latency: 1s }}, blast_radius: {{ calls_to: payments }} }}'"
    );
    println!("  {curl}/experiments/slow -X DELETE");
}

fn show_event(event: &Event) {
    match event {
        Event::FileMatched { experiments, .. } if experiments.is_empty() => {
            println!("the file has no experiment");
        }
        Event::FileMatched { experiments, .. } => {
            println!("the file has: {}", experiments.join(", "));
        }
        Event::FileRefused { why, .. } => {
            println!("the file is refused, and its last version runs: {why}");
        }
        Event::Started {
            experiment,
            attribution,
            ..
        } => {
            println!("`{experiment}` is started by {attribution}");
        }
        Event::Ended {
            experiment, reason, ..
        } => println!("`{experiment}` has ended: {reason}"),
        _ => {}
    }
}
