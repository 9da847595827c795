//! Serves the storefront until it is stopped, with the experiments of a file.

use std::path::Path;
use std::time::Duration;

use chaos_core::ChaosManager;

use super::experiment_file_watcher::ExperimentFileWatcher;

const POLL_INTERVAL: Duration = Duration::from_millis(250);

const EXAMPLE: &str = r#"version: 1
experiments:
  - name: slow payments
    fault: { latency: 1s }
    blast_radius: { calls_to: payments }
    time_limit: 10m"#;

/// Runs the experiments of a file for as long as the file contains them.
pub(crate) async fn serve(chaos: &ChaosManager, file: &Path, url: &str) -> ! {
    println!("serving at {url} until Ctrl-C. Try\n  curl {url}/products");
    println!(
        r#"  curl {url}/checkout -H 'idempotency-key: 1' -H 'content-type: application/json' -d '{{"product":"lamp"}}'"#
    );
    println!(
        "The experiments in {} run while the file contains them. For example:\n\n{EXAMPLE}\n",
        file.display()
    );
    let mut watcher = ExperimentFileWatcher::new(chaos, file);
    loop {
        match watcher.poll() {
            None => {}
            Some(Ok(names)) if names.is_empty() => println!("no experiment is running"),
            Some(Ok(names)) => println!("running: {}", names.join(", ")),
            Some(Err(error)) => println!("the file is refused, and its last version runs: {error}"),
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
