//! The handlers of all routes, and the one table from which router, roles and OpenAPI document are made.

mod approvals;
mod catalogue;
mod changes;
mod documents;
mod experiments;
mod explain;
mod exposition;
mod halting;
mod journal;
mod live;
mod metrics;
mod outcomes;
mod policy;
mod readings;
mod session;
mod status;
mod table;

pub(crate) use table::ROUTES;
