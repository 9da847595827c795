//! Questions to other servers: Prometheus, Alertmanager, databases, feature flags.

#[cfg(feature = "sql")]
mod database;
mod flag;
mod over_http;

#[cfg(feature = "sql")]
pub(crate) use database::Database;
pub use flag::Flag;
pub(crate) use over_http::{ask, firing_alert, first_cause, get_json, prometheus_values};

/// The values of a query, or why there are none.
pub(crate) type Values = Result<Vec<f64>, String>;
