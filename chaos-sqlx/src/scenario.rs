//! Experiments that are asked for again and again.

use std::time::Duration;

use chaos_core::{BlastRadius, Experiment, Failure, Fault};

/// The database is down for so long: sessions end, connects fail, and the pool recovers by itself afterwards.
///
/// Ten seconds are what a failover takes, thirty what a restart does. Connections that are waited for when it ends
/// are there at once.
///
/// ```
/// # use std::time::Duration;
/// use chaos_sqlx::{ChaosManager, outage};
///
/// let chaos = ChaosManager::new();
/// let guard = chaos.start(outage("orders-db", Duration::from_secs(10)))?;
/// # Ok::<(), chaos_sqlx::Error>(())
/// ```
pub fn outage(database: &str, lasts: Duration) -> Experiment {
    Experiment::new(format!("outage of {database}"))
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::queries_on(database))
        .time_limit(lasts)
        .reason("does the service survive its database, and recover with it?")
}
