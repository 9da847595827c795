//! A relay in front of anything that speaks TCP.

mod carrying;
mod door;
mod link;
mod pump;
mod serving;
mod standing_in;
#[cfg(unix)]
mod unix;
mod upstream;

use std::fmt;
use std::net::SocketAddr;

use serving::Serving;
#[cfg(unix)]
pub use unix::ChaosUnixRelay;
pub use upstream::Upstream;

/// A relay inside this process, in front of anything that speaks TCP: dropping it closes all that it carries.
///
/// For clients that open their connections themselves and can't be given a [`ChaosStream`](crate::ChaosStream): put
/// its address where the real one was.
///
/// Its operations are named from the client's side: `connect`, `write` from the client to the upstream, `read` from
/// the upstream to the client. Both directions are delay lines that hold up to 256 KiB.
///
/// # What the client sees
///
/// | fault | the client | the upstream |
/// |---|---|---|
/// | of `connect`, any failure | a reset right after the handshake, which the system has made by then | no connection |
/// | reset, error, timeout | a reset | a reset |
/// | cut | the end | the end |
/// | half close of `read` | the end; what it writes goes on | nothing |
/// | half close of `write` | nothing | the end; what it writes goes on |
///
/// What really happens is passed on in the same way: the end as the end, an upstream that can't be reached or a
/// connection that breaks as a reset.
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
#[must_use = "dropping the relay closes all that it carries"]
pub struct ChaosRelay {
    addr: SocketAddr,
    serving: Serving,
}

impl ChaosRelay {
    /// A relay to this address, such as `127.0.0.1:5432`; a name is looked up for every connection.
    pub fn to(address: impl fmt::Display) -> Upstream {
        Upstream::tcp(address.to_string())
    }

    /// A relay to the Unix socket at this path.
    #[cfg(unix)]
    pub fn to_unix(path: impl Into<std::path::PathBuf>) -> Upstream {
        Upstream::unix(path.into())
    }

    fn new(addr: SocketAddr, serving: Serving) -> Self {
        Self { addr, serving }
    }

    /// Where clients have to connect to.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many clients are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.serving.connections()
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
