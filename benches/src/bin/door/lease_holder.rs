//! A client that holds a lease.

use std::time::Duration;

use crate::api_client::ApiClient;
use crate::service::SITE;

/// The argument with which this program is the client.
pub(crate) const HOLD: &str = "--hold-lease";

/// Starts an experiment under a lease of a second, prints that, and renews the lease each third of it until it is killed.
pub(crate) fn hold(socket: &str) -> ! {
    let client = ApiClient::new(socket);
    let experiment = format!(
        r#"{{"name": "leased", "fault": {{"error": "unavailable"}}, "blast_radius": {{"points_at": "{SITE}"}}}}"#
    );
    let started = client.send("POST", "/experiments?lease=1s", &experiment);
    println!("{started:?}");
    loop {
        std::thread::sleep(Duration::from_secs(1) / 3);
        // An API that is gone may come back.
        let _ = client.send("PUT", "/experiments/leased/lease", "");
    }
}
