//! Starts a relay in front of an upstream.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
#[cfg(unix)]
use std::path::Path;

use chaos_core::ChaosManager;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::accept_loop::AcceptLoop;
use super::listener::Listener;
use super::tcp_relay::ChaosRelay;
#[cfg(unix)]
use super::unix_relay::ChaosUnixRelay;
use super::upstream::Upstream;

impl Upstream {
    /// Listens on a free loopback port, for connections to `service`.
    ///
    /// # Errors
    ///
    /// If no port is free.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn listen(self, chaos: &ChaosManager, service: &str) -> io::Result<ChaosRelay> {
        self.listen_on((Ipv4Addr::LOCALHOST, 0).into(), chaos, service)
            .await
    }

    /// Listens on the given address, for connections to `service`.
    ///
    /// # Errors
    ///
    /// If the address is in use, or does not belong to this machine.
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
        let accept_loop = AcceptLoop::start(Listener::tcp(listener), self, chaos, service);
        Ok(ChaosRelay::new(address, accept_loop))
    }

    /// Listens on a new Unix socket at the given path, for connections to `service`.
    ///
    /// # Errors
    ///
    /// If the path exists already, or no socket can be created there.
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
        let accept_loop = AcceptLoop::start(Listener::unix(listener), self, chaos, service);
        Ok(ChaosUnixRelay::new(path.to_owned(), accept_loop))
    }
}
