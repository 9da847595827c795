//! Runs against a service in this process.
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod shop;

mod own_outcomes;
mod posted;
mod preflight;
mod probes;
#[cfg(feature = "relay")]
mod relay;
mod rules;
mod whole;
