//! Runs against a service in this process.

mod shop;

mod own_outcomes;
mod preflight;
mod probes;
mod rules;
mod whole;
