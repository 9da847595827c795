//! The upstream of a relay.

use std::io;
#[cfg(unix)]
use std::path::PathBuf;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::relay_socket::RelaySocket;
use crate::delay_line::DELAYED_ROOM;

/// The upstream of a relay, made by [`ChaosRelay::to`](crate::ChaosRelay::to).
#[derive(Debug, Clone)]
#[must_use = "nothing is relayed until it listens"]
pub struct Upstream {
    address: Address,
    delayed_room: usize,
}

#[derive(Debug, Clone)]
enum Address {
    Tcp(String),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Upstream {
    fn new(address: Address) -> Self {
        Self {
            address,
            delayed_room: DELAYED_ROOM,
        }
    }

    /// Sets how many bytes may wait for a latency or loss, in each direction of a connection. Defaults to 32 MiB.
    ///
    /// It bounds the throughput under latency: 32 MiB in 100 ms are 320 MB/s.
    pub fn delayed_room(mut self, bytes: usize) -> Self {
        self.delayed_room = bytes;
        self
    }

    pub(super) fn room(&self) -> usize {
        self.delayed_room
    }

    pub(super) fn tcp(address: String) -> Self {
        Self::new(Address::Tcp(address))
    }

    #[cfg(unix)]
    pub(super) fn unix(path: PathBuf) -> Self {
        Self::new(Address::Unix(path))
    }

    pub(super) async fn connect(&self) -> io::Result<RelaySocket> {
        match &self.address {
            Address::Tcp(address) => TcpStream::connect(address).await.map(RelaySocket::tcp),
            #[cfg(unix)]
            Address::Unix(path) => UnixStream::connect(path).await.map(RelaySocket::Unix),
        }
    }
}
