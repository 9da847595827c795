//! Compares injected failures of servers with real ones.
//!
//! Each comparison provokes the real failure, injects the same one, and compares what the caller sees of it and after
//! it, field by field. A field that differs has to be declared, and a declared field has to differ. `CHAOS_FIDELITY`
//! prints all fields.

mod acquire;
mod compared_database;
mod comparison;
mod mysql;
mod observation;
mod postgres;
mod transaction_context;

#[path = "../../server_urls/mod.rs"]
mod server_urls;
