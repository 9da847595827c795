//! Faults on real servers: what they leave behind, server sleeps, and error codes.

mod error_codes;
mod hostile_table_names;
mod leaks;
mod postgres_methods;
mod server;
mod server_fixture;
mod server_sleep;

#[path = "../all_failures/mod.rs"]
mod all_failures;
#[path = "../server_urls/mod.rs"]
mod server_urls;
