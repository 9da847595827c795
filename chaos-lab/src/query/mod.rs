//! Questions to other servers: Prometheus, Alertmanager, databases.

mod alertmanager;
#[cfg(feature = "sql")]
mod database;
mod get_json;
mod prometheus;

pub(crate) use alertmanager::firing_alert;
#[cfg(feature = "sql")]
pub(crate) use database::Database;
pub(crate) use get_json::{ask, first_cause, get_json};
pub(crate) use prometheus::PrometheusServer;

/// The values of a query, or why there are none.
pub(crate) type Values = Result<Vec<f64>, String>;
