//! What may differ from one storefront to the next.

use std::time::Duration;

use crate::Bug;

/// What may differ from one storefront to the next; the defaults are those of the service.
///
/// Whatever fails, a checkout is answered within four `database_timeout`s and as many `payments_timeout`s as there are
/// `payments_attempts`, and a little for the pauses between them: 18 seconds unless said.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The URL of a Postgres database; none for an SQLite database of its own, which is gone with the storefront.
    pub postgres: Option<String>,
    /// How many connections the pool has at most.
    pub connections: u32,
    /// How long a connection of the pool is waited for.
    pub acquire_timeout: Duration,
    /// How long one thing that is asked of the database may take, with all its tries.
    pub database_timeout: Duration,
    /// How long one try to charge a customer may take.
    pub payments_timeout: Duration,
    /// How often a charge is tried.
    pub payments_attempts: usize,
    /// How many charges may be under way at the same time.
    pub payments_at_once: usize,
    /// After how many failures in a row payments are left alone.
    pub circuit_opens_after: u32,
    /// For how long.
    pub circuit_open_for: Duration,
    /// How long the catalogue is shown before the database is asked for it again.
    pub catalogue_fresh_for: Duration,
    /// How often orders that were left unpaid are gone on with, while it is served.
    pub reconcile_every: Duration,
    /// How long the bank takes for a charge.
    pub bank_takes: Duration,
    /// The mistake that it makes.
    pub bug: Option<Bug>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            postgres: None,
            connections: 5,
            acquire_timeout: Duration::from_secs(2),
            database_timeout: Duration::from_secs(3),
            payments_timeout: Duration::from_secs(2),
            payments_attempts: 3,
            payments_at_once: 64,
            circuit_opens_after: 8,
            circuit_open_for: Duration::from_secs(2),
            catalogue_fresh_for: Duration::from_secs(1),
            reconcile_every: Duration::from_secs(60),
            bank_takes: Duration::ZERO,
            bug: None,
        }
    }
}
