//! Relays in front of a server.

mod accept_loop;
mod listen;
mod listener;
mod pump;
mod relay_client;
mod relay_socket;
mod relayed_connection;
mod tcp_relay;
#[cfg(unix)]
mod unix_relay;
mod upstream;

pub use tcp_relay::ChaosRelay;
#[cfg(unix)]
pub use unix_relay::ChaosUnixRelay;
pub use upstream::Upstream;
