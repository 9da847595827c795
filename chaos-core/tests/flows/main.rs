//! The effects of flows on passing bytes.

mod composition;
mod direction;
mod experiments;
mod idle;
mod striking;
