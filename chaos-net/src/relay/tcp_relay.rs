//! A relay that listens on a TCP port.

use std::fmt;
use std::net::SocketAddr;

use super::accept_loop::AcceptLoop;
use super::upstream::Upstream;

/// A relay inside this process, in front of any TCP server. Dropping it closes its port and all its connections.
///
/// Use it for clients that open their own connections, and cannot be given a [`ChaosStream`](crate::ChaosStream):
/// configure them with the address of the relay instead of that of the server.
///
/// Operations are named from the client's side: `connect`, `write` from the client to the upstream, `read` from the
/// upstream to the client. Both directions are delay lines: bytes that wait for a latency do not hold up those behind them,
/// up to the [room](Upstream::delayed_room) for them.
///
/// # What the client sees
///
/// | fault | the client | the upstream |
/// |---|---|---|
/// | any failure of `connect` | a reset right after the handshake, which the system completes | no connection |
/// | reset, error, timeout | a reset, also while it is idle | a reset |
/// | cut | the end | the end |
/// | half close of `read` | the end; its writes still pass | nothing |
/// | half close of `write` | nothing | the end; its writes still pass |
///
/// Real events are relayed in the same way: an end as an end, an unreachable upstream or a broken connection as a reset.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use chaos_net::{BlastRadius, ChaosManager, ChaosRelay, Fault};
/// use tokio::io::AsyncReadExt;
/// use tokio::net::{TcpListener, TcpStream};
///
/// let database = TcpListener::bind("127.0.0.1:0").await?;
/// let chaos = ChaosManager::new();
/// let relay = ChaosRelay::to(database.local_addr()?).listen(&chaos, "orders-db").await?;
///
/// let gone = chaos.inject(BlastRadius::streams_to("orders-db").operation("connect"), Fault::reset())?;
/// let mut client = TcpStream::connect(relay.addr()).await?;
/// assert_eq!(client.read_u8().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
/// assert_eq!(gone.injected(), 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping the relay closes all its connections"]
pub struct ChaosRelay {
    addr: SocketAddr,
    accept_loop: AcceptLoop,
}

impl ChaosRelay {
    /// Starts building a relay to an address such as `127.0.0.1:5432`. A host name is resolved for every connection.
    pub fn to(address: impl fmt::Display) -> Upstream {
        Upstream::tcp(address.to_string())
    }

    /// Starts building a relay to the Unix socket at this path.
    #[cfg(unix)]
    pub fn to_unix(path: impl Into<std::path::PathBuf>) -> Upstream {
        Upstream::unix(path.into())
    }

    pub(super) fn new(addr: SocketAddr, accept_loop: AcceptLoop) -> Self {
        Self { addr, accept_loop }
    }

    /// Returns the address for clients.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns how many clients are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.accept_loop.connections()
    }
}

impl fmt::Debug for ChaosRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosRelay")
            .field("addr", &self.addr)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
