//! A listener for axum that injects faults into its connections.

use std::any::Any;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use chaos_core::ChaosManager;
use chaos_net::{ChaosStream, ConnectionHandle, Socket, StreamSite};

/// A listener for axum that injects faults into its connections; faults of a request can reset its connection.
///
/// Blast radii select its connections by [`streams_to(service)`](crate::BlastRadius::streams_to); their operations are
/// `accept`, `read` and `write`. A latency of `accept` delays all later connections, as on a server that is slow to
/// accept.
///
/// [`ChaosLayer::server`](crate::ChaosLayer::server) can reset the HTTP/1 connection of a request only if it knows the
/// connection: serve with [`Connection`] as the connect info, as below. In HTTP/2, where requests share a connection, only
/// the stream of the request is reset.
///
/// ```
/// use axum::{Router, routing::get};
/// use chaos_tower::{BlastRadius, ChaosLayer, ChaosListener, ChaosManager, Connection, Fault};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio::net::{TcpListener, TcpStream};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chaos = ChaosManager::new();
/// let app = Router::new()
///     .route("/orders", get(async || "three orders"))
///     .layer(ChaosLayer::server(&chaos, "orders"));
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// let listener = ChaosListener::new(listener, &chaos, "orders");
/// tokio::spawn(async {
///     axum::serve(listener, app.into_make_service_with_connect_info::<Connection>()).await
/// });
///
/// let _reset = chaos.inject(BlastRadius::requests_to("orders"), Fault::reset())?;
/// let mut client = TcpStream::connect(address).await?;
/// client.write_all(b"GET /orders HTTP/1.1\r\nhost: orders\r\n\r\n").await?;
/// let error = client.read_u8().await.unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ChaosListener<L> {
    inner: L,
    site: StreamSite,
}

impl<L> ChaosListener<L> {
    /// Creates a listener that injects faults into the connections of this service.
    #[must_use]
    pub fn new(inner: L, chaos: &ChaosManager, service: &str) -> Self {
        Self {
            inner,
            site: StreamSite::new(chaos, service),
        }
    }
}

impl<L> Listener for ChaosListener<L>
where
    L: Listener,
    L::Io: Socket,
{
    type Io = ChaosStream<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (connection, address) = self.inner.accept().await;
            // A connection that a fault closed is gone; the next one may not be affected.
            if let Ok(stream) = self.site.accept(connection).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<L::Addr> {
        self.inner.local_addr()
    }
}

/// The connection that a request arrived on, for `into_make_service_with_connect_info`.
///
/// It lets [`ChaosLayer::server`](crate::ChaosLayer::server) reset the connection. axum has one connect info type for
/// all handlers, so handlers that need the client's address ask for this type and its [`peer`](Self::peer). A service
/// whose handlers ask for `ConnectInfo<SocketAddr>` keeps them working with axum's `tap_io(|_| {})` around this listener;
/// its connections are then closed instead of reset. To configure sockets, tap the inner listener.
#[derive(Clone)]
pub struct Connection {
    handle: ConnectionHandle,
    peer: Option<SocketAddr>,
}

impl Connection {
    /// Returns a handle of the connection.
    #[must_use]
    pub fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }

    /// Returns the address of the client, if it has one.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn of<T: Socket>(stream: &ChaosStream<T>, peer: &dyn Any) -> Self {
        Self {
            handle: stream.handle(),
            peer: peer.downcast_ref().copied(),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl<L> Connected<IncomingStream<'_, ChaosListener<L>>> for Connection
where
    L: Listener,
    L::Io: Socket,
    L::Addr: 'static,
{
    fn connect_info(stream: IncomingStream<'_, ChaosListener<L>>) -> Self {
        Self::of(stream.io(), stream.remote_addr())
    }
}
