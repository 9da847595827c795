//! Streams and relays on real connections.

mod breaks_after_bytes;
mod byte_integrity;
mod cancellation;
mod connection_handle;
mod connection_setup;
mod delays;
mod determinism;
mod disconnects;
mod fixtures;
mod flushes;
mod peer;
mod rates;
mod real_servers;
mod relay;
mod relay_client;
mod relay_disconnects;
mod stalls;
mod throughput;
#[cfg(unix)]
mod unix_sockets;
