//! Real servers and clients under load, with faults on: what comes out is what was asked for.

#![allow(clippy::print_stdout, reason = "the figures are worth a look")]

mod axum_server;
mod measured;
mod tonic_server;
