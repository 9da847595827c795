//! A ready-made experiment: an outage of the database.

use std::time::Duration;

use chaos_core::{BlastRadius, Experiment, Failure, Fault};

/// Creates an experiment in which a database is down: sessions end, connects fail, and the pool recovers afterwards.
///
/// A failover takes about ten seconds, a restart thirty. When the experiment ends, callers that wait for a connection
/// get one at once.
///
/// ```
/// # use std::time::Duration;
/// use chaos_sqlx::{ChaosManager, outage};
///
/// let chaos = ChaosManager::new();
/// let guard = chaos.start(outage("orders-db", Duration::from_secs(10)))?;
/// # Ok::<(), chaos_sqlx::Error>(())
/// ```
pub fn outage(database: &str, time_limit: Duration) -> Experiment {
    Experiment::new(format!("outage of {database}"))
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::queries_on(database))
        .time_limit(time_limit)
        .reason("does the service survive an outage of its database, and recover from it?")
}
