//! Statements on a connection, with faults injected.

mod begin_statement;
mod fetch_many;
mod fetch_optional;
mod owned_query;
mod prepare;
mod row_flow;

pub(crate) use fetch_many::fetch_many;
pub(crate) use fetch_optional::fetch_optional;
pub(crate) use owned_query::OwnedQuery;
pub(crate) use prepare::prepare;
