//! What a relay stands in front of.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
#[cfg(unix)]
use std::path::{Path, PathBuf};

use chaos_core::ChaosManager;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use super::ChaosRelay;
#[cfg(unix)]
use super::ChaosUnixRelay;
use super::door::Door;
use super::link::Link;
use super::serving::Serving;

/// What a relay stands in front of, made by [`ChaosRelay::to`].
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

    /// Listens on a free port of this machine, for connections to `service`.
    ///
    /// # Errors
    ///
    /// When there is no port to be had.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn listen(self, chaos: &ChaosManager, service: &str) -> io::Result<ChaosRelay> {
        self.listen_on((Ipv4Addr::LOCALHOST, 0).into(), chaos, service)
            .await
    }

    /// Listens on an address of your choice, for connections to `service`.
    ///
    /// # Errors
    ///
    /// When it is taken, or not one of this machine's.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn listen_on(
        self,
        address: SocketAddr,
        chaos: &ChaosManager,
        service: &str,
    ) -> io::Result<ChaosRelay> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let serving = Serving::start(Door::tcp(listener), self, chaos, service);
        Ok(ChaosRelay::new(address, serving))
    }

    /// Listens on a Unix socket that it makes, for connections to `service`.
    ///
    /// # Errors
    ///
    /// When there is a file already, or none can be made.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    #[cfg(unix)]
    pub async fn listen_unix(
        self,
        path: impl AsRef<Path>,
        chaos: &ChaosManager,
        service: &str,
    ) -> io::Result<ChaosUnixRelay> {
        let path = path.as_ref();
        let listener = UnixListener::bind(path)?;
        let serving = Serving::start(Door::unix(listener), self, chaos, service);
        Ok(ChaosUnixRelay::new(path.to_owned(), serving))
    }

    pub(super) async fn connect(&self) -> io::Result<Link> {
        match &self.0 {
            Address::Tcp(address) => TcpStream::connect(address).await.map(Link::tcp),
            #[cfg(unix)]
            Address::Unix(path) => UnixStream::connect(path).await.map(Link::Unix),
        }
    }
}
