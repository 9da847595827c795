//! Serves the storefront until it is stopped, with the experiments of a file.

use std::path::Path;

use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Event};
use storefront::BoxError;

const EXAMPLE: &str = r#"version: 1
experiments:
  - name: slow payments
    fault: { latency: 1s }
    blast_radius: { calls_to: payments }
    time_limit: 10m"#;

/// Runs the experiments of a file for as long as the file contains them, and opens the API of chaos.
pub(crate) async fn serve(chaos: &ChaosManager, file: &Path, url: &str) -> Result<(), BoxError> {
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
            show(&entry.event);
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

fn show(event: &Event) {
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
