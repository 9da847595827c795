//! The storefront as a service that stays, with faults that a file turns on and off.

use std::path::Path;
use std::time::Duration;

use chaos_core::ChaosManager;

use super::watched::Watched;

const LOOK_EVERY: Duration = Duration::from_millis(250);

const EXAMPLE: &str = r#"version: 1
experiments:
  - name: slow payments
    fault: { latency: 1s }
    blast_radius: { calls_to: payments }
    time_limit: 10m"#;

/// Does what the file says for as long as it runs.
pub(crate) async fn serve(chaos: &ChaosManager, file: &Path, url: &str) -> ! {
    println!("serving at {url}, until Ctrl-C. Try");
    println!("  curl {url}/products");
    println!(
        r#"  curl {url}/checkout -H 'idempotency-key: 1' -H 'content-type: application/json' -d '{{"product":"lamp"}}'"#
    );
    println!(
        "Whatever experiments are in {} run for as long as they are there, such as\n\n{EXAMPLE}\n",
        file.display()
    );
    let mut watched = Watched::new(chaos, file);
    loop {
        match watched.look() {
            None => {}
            Some(Ok(names)) if names.is_empty() => println!("no experiment runs"),
            Some(Ok(names)) => println!("running: {}", names.join(", ")),
            Some(Err(why)) => println!("what runs goes on, because of this: {why}"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
