//! Where connections to a service are made.

use std::io;

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, Failure, InjectedFault, Phase, Site, SiteKind};

use crate::connection::Connection;
use crate::opening::Opening;
use crate::{ChaosStream, Socket};

/// The place where connections to a service are made; once per service, then cloned freely.
///
/// Its operations are `connect` and `accept`, once per connection, and `read` and `write`, each direction of a
/// connection being one that lasts as long as it does.
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
pub struct StreamSite(Site);

impl StreamSite {
    /// The place where connections to this service are made.
    #[must_use]
    pub fn new(chaos: &ChaosManager, service: &str) -> Self {
        Self(chaos.register(SiteKind::Stream, service, Support::STREAMS))
    }

    /// Opens a connection, under the faults of operation `connect`.
    ///
    /// Faults of phase `After` let it be opened and lose it.
    ///
    /// # Errors
    ///
    /// That of `opening`, or the fault that was injected in its place.
    pub async fn connect<T: Socket>(
        &self,
        opening: impl Future<Output = io::Result<T>>,
    ) -> io::Result<ChaosStream<T>> {
        let mut connect = Opening::new(&self.0, "connect");
        let opened = match connect.apply(Phase::Before).await {
            Err(fault) => Err(fault.into()),
            Ok(()) => match opening.await {
                Err(error) => Err(error),
                Ok(socket) => match connect.apply(Phase::After).await {
                    Err(fault) => Err(refuse(&socket, fault)),
                    Ok(()) => Ok(socket),
                },
            },
        };
        let connection = connect.finish(&opened);
        opened.map(|socket| ChaosStream::new(socket, connection))
    }

    /// Takes in a connection that a listener accepted, under the faults of operation `accept`.
    ///
    /// # Errors
    ///
    /// The fault that was injected; the connection is closed then, by a reset if the fault is one.
    pub async fn accept<T: Socket>(&self, socket: T) -> io::Result<ChaosStream<T>> {
        let mut accept = Opening::new(&self.0, "accept");
        let mut accepted = Ok(());
        for phase in [Phase::Before, Phase::After] {
            accepted = accept.apply(phase).await;
            if accepted.is_err() {
                break;
            }
        }
        let accepted = match accepted {
            Ok(()) => Ok(socket),
            Err(fault) => Err(refuse(&socket, fault)),
        };
        let connection = accept.finish(&accepted);
        accepted.map(|socket| ChaosStream::new(socket, connection))
    }

    /// Puts a connection that exists already under the faults of operations `read` and `write`.
    #[must_use]
    pub fn wrap<T: Socket>(&self, socket: T) -> ChaosStream<T> {
        ChaosStream::new(socket, Connection::new(self.0.clone()))
    }
}

/// Has a connection that is about to be closed look to its peer as the fault wants it.
pub(crate) fn refuse<T: Socket>(socket: &T, fault: InjectedFault) -> io::Error {
    if matches!(fault.failure(), Failure::Reset | Failure::Refused) {
        // A socket that does not take it is closed as usual.
        let _ = socket.reset_on_close();
    }
    fault.into()
}
