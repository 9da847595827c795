//! The sqlx pool and the sqlx connections that the public types wrap.

mod checked_out;
mod connection;
mod io_errors;
mod pool;

pub(crate) use connection::{Nesting, WrappedConnection};
pub(crate) use pool::WrappedPool;
