//! What streams and relays do to real connections.

mod asking;
mod breaking;
mod cancelling;
mod carrying;
mod delaying;
mod determinism;
mod every_byte;
mod handles;
mod opening;
mod real_servers;
mod relay_breaking;
mod relaying;
mod stalling;
#[cfg(unix)]
mod unix_sockets;
