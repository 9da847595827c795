//! The site of the connections to a service.

use std::io;

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, SiteKind};

use crate::connection_draws::{ConnectionDraws, DelayedSite};
use crate::connection_setup::ConnectionSetup;
use crate::{ChaosStream, Socket};

/// The site of the connections to a service. Create it once per service, then clone it freely.
///
/// Its operations are `connect` and `accept`, once per connection, and `read` and `write`. Each direction of a connection
/// is one operation, which lasts as long as the connection.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use chaos_net::{BlastRadius, ChaosManager, Failure, Fault, StreamSite};
/// use tokio::net::{TcpListener, TcpStream};
///
/// let chaos = ChaosManager::new();
/// let payments = StreamSite::new(&chaos, "payments");
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let connect = || payments.connect(TcpStream::connect(listener.local_addr().unwrap()));
///
/// let down = BlastRadius::streams_to("payments").operation("connect");
/// let down = chaos.inject(down, Fault::error(Failure::Refused))?;
/// assert_eq!(connect().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
/// drop(down);
/// assert!(connect().await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct StreamSite(DelayedSite);

impl StreamSite {
    /// Registers the connections to this service.
    #[must_use]
    pub fn new(chaos: &ChaosManager, service: &str) -> Self {
        let site = chaos.register(SiteKind::Stream, service, Support::STREAMS);
        Self(DelayedSite::new(site))
    }

    /// Sets how many bytes may wait for a latency or loss, in each direction of a connection. Defaults to 32 MiB.
    ///
    /// It bounds the throughput under latency: 32 MiB in 100 ms are 320 MB/s.
    #[must_use]
    pub fn delayed_room(mut self, bytes: usize) -> Self {
        self.0.delayed_room = bytes;
        self
    }

    /// Opens a connection, and injects the faults of operation `connect`.
    ///
    /// An error or timeout of phase `After` closes the connection once it is open. A [`Disconnect`](crate::Disconnect) is
    /// refused in that phase.
    ///
    /// # Errors
    ///
    /// The error of `connecting`, or the fault that was injected in its place.
    pub async fn connect<T: Socket>(
        &self,
        connecting: impl Future<Output = io::Result<T>>,
    ) -> io::Result<ChaosStream<T>> {
        let mut setup = ConnectionSetup::new(&self.0, "connect");
        let connected = setup.connect(connecting).await;
        let draws = setup.finish(&connected);
        connected.map(|socket| ChaosStream::new(socket, draws))
    }

    /// Takes over a connection from a listener, and injects the faults of operation `accept`.
    ///
    /// # Errors
    ///
    /// The fault that was injected. It closes the connection, or resets it if it is a reset.
    pub async fn accept<T: Socket>(&self, socket: T) -> io::Result<ChaosStream<T>> {
        let mut setup = ConnectionSetup::new(&self.0, "accept");
        let accepted = setup.accept(socket).await;
        let draws = setup.finish(&accepted);
        accepted.map(|socket| ChaosStream::new(socket, draws))
    }

    /// Wraps a connection that is open already, and injects the faults of operations `read` and `write`.
    #[must_use]
    pub fn wrap<T: Socket>(&self, socket: T) -> ChaosStream<T> {
        ChaosStream::new(socket, ConnectionDraws::new(&self.0))
    }
}
