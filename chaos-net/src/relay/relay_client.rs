//! Relays a single client over a connection with faults.

use super::relayed_connection::RelayedConnection;
use crate::{ChaosStream, Socket};

impl<T: Socket> ChaosStream<T> {
    /// Relays bytes between a client and this connection until the client closes.
    ///
    /// For clients that only accept a plain socket: `client` is the other end of that socket. The client sees the same
    /// as through a [`ChaosRelay`](crate::ChaosRelay). It is expected to close both directions at once, as HTTP clients
    /// do; then this connection is dropped. Nothing may have been read or written before.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use chaos_net::{BlastRadius, ChaosManager, Fault, StreamSite};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    ///
    /// let chaos = ChaosManager::new();
    /// let payments = StreamSite::new(&chaos, "payments");
    /// let ((mut client, near), (upstream, mut server)) = (duplex(64), duplex(64));
    /// let relayed = tokio::spawn(payments.wrap(upstream).relay_client(near));
    ///
    /// client.write_all(b"pay").await?;
    /// assert_eq!(server.read_u8().await?, b'p');
    /// let _cut = chaos.inject(
    ///     BlastRadius::streams_to("payments").operation("read"),
    ///     Fault::disconnect(chaos_net::Disconnect::CutAfter(2)),
    /// )?;
    /// server.write_all(b"paid").await?;
    /// let mut seen = Vec::new();
    /// client.read_to_end(&mut seen).await?;
    /// assert_eq!(seen, b"pa");
    /// relayed.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn relay_client(mut self, mut client: impl Socket) {
        let (upstream, draws) = self.socket_and_draws();
        RelayedConnection::new(&mut client, upstream, draws)
            .run_until_client_closes()
            .await;
    }
}
