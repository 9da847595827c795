//! Real servers and clients under load: the shares of responses are those of the experiments.

#![allow(
    clippy::print_stdout,
    reason = "the figures are printed for the reader"
)]

mod axum_server;
mod load;
mod tonic_server;
