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
    key: Option<ReadKey>,
}

/// Reads the key of a connection from its first bytes.
type ReadKey = fn(&[u8]) -> Option<String>;

/// The most bytes that a key is read from.
const MOST_READ: usize = 4096;

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
            key: None,
        }
    }

    /// Names each connection by a key in its first bytes, such as the id of a request, so that the journal has it.
    ///
    /// `read` gets up to 4 KiB, as they arrive first; where it returns no key, the journal has the number of the connection.
    /// The upstream is connected once there are bytes, so this is only for protocols in which the client speaks first. Clients
    /// of Unix sockets have no key.
    pub fn keyed_by(mut self, read: fn(&[u8]) -> Option<String>) -> Self {
        self.key = Some(read);
        self
    }

    /// Sets how many bytes may wait for a latency or loss, in each direction of a connection. Defaults to 32 MiB.
    ///
    /// It bounds the throughput under latency: 32 MiB in 100 ms are 320 MB/s.
    pub fn delayed_room(mut self, bytes: usize) -> Self {
        self.delayed_room = bytes;
        self
    }

    /// Returns the key of a client's connection; waits for its first bytes, and leaves them there.
    pub(super) async fn key_of(&self, client: &RelaySocket) -> Option<String> {
        let read = self.key?;
        let mut first = [0; MOST_READ];
        let len = client.peek(&mut first).await.ok()?;
        read(&first[..len])
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
