//! The settings of a storefront.

use std::time::Duration;

use crate::Bug;

/// The settings of a storefront.
///
/// They bound the time of a checkout: four database operations of three seconds, `payment_attempts` times
/// `payment_timeout`, and the pauses between retries. With the defaults, that is 18 seconds.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The URL of a Postgres database; `None` for a temporary SQLite database.
    pub postgres: Option<String>,
    /// The time limit for acquiring a connection.
    pub acquire_timeout: Duration,
    /// The time limit for one attempt to charge a customer.
    pub payment_timeout: Duration,
    /// The number of attempts to charge a customer.
    pub payment_attempts: usize,
    /// The number of concurrent charges.
    pub concurrent_payments: usize,
    /// The number of consecutive failures that open the circuit breaker.
    pub failures_to_open: u32,
    /// How long the circuit breaker stays open.
    pub open_for: Duration,
    /// How long the catalogue is cached.
    pub catalogue_ttl: Duration,
    /// The interval at which unpaid orders are retried.
    pub reconcile_interval: Duration,
    /// The processing time of the bank.
    pub bank_latency: Duration,
    /// The mistake to make.
    pub bug: Option<Bug>,
}

impl Settings {
    /// Creates default settings with this mistake.
    pub fn with_bug(bug: Bug) -> Self {
        Self {
            bug: Some(bug),
            ..Self::default()
        }
    }

    /// Creates the settings of a storefront that is served: its bank takes some time.
    pub fn served(bug: Option<Bug>) -> Self {
        Self {
            bank_latency: Duration::from_millis(200),
            acquire_timeout: Duration::from_millis(500),
            concurrent_payments: 40,
            bug,
            ..Self::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            postgres: None,
            acquire_timeout: Duration::from_secs(2),
            payment_timeout: Duration::from_secs(2),
            payment_attempts: 3,
            concurrent_payments: 64,
            failures_to_open: 8,
            open_for: Duration::from_secs(2),
            catalogue_ttl: Duration::from_secs(1),
            reconcile_interval: Duration::from_secs(60),
            bank_latency: Duration::ZERO,
            bug: None,
        }
    }
}
