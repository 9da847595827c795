//! The upstream of a relay.

use std::io;
#[cfg(unix)]
use std::path::PathBuf;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::relay_socket::RelaySocket;

/// The upstream of a relay, made by [`ChaosRelay::to`](crate::ChaosRelay::to).
#[derive(Debug, Clone)]
#[must_use = "nothing is relayed until it listens"]
pub struct Upstream(Address);

#[derive(Debug, Clone)]
enum Address {
    Tcp(String),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Upstream {
    pub(super) fn tcp(address: String) -> Self {
        Self(Address::Tcp(address))
    }

    #[cfg(unix)]
    pub(super) fn unix(path: PathBuf) -> Self {
        Self(Address::Unix(path))
    }

    pub(super) async fn connect(&self) -> io::Result<RelaySocket> {
        match &self.0 {
            Address::Tcp(address) => TcpStream::connect(address).await.map(RelaySocket::tcp),
            #[cfg(unix)]
            Address::Unix(path) => UnixStream::connect(path).await.map(RelaySocket::Unix),
        }
    }
}
