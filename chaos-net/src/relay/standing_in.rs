//! A relay for a single connection, which stands in for one that its client can't be given.

use super::carrying::Carried;
use crate::{ChaosStream, Socket};

impl<T: Socket> ChaosStream<T> {
    /// Carries what a client and this connection say to each other, until the client closes.
    ///
    /// For clients that are given a socket of their own, the other end of which is `client`. What the client sees is
    /// what it sees of a [`ChaosRelay`](crate::ChaosRelay), but that it is expected to close both directions at once,
    /// as HTTP clients do: this connection is dropped then. Nothing may have been read or written before.
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
    /// let carried = tokio::spawn(payments.wrap(upstream).carry(near));
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
    /// carried.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn carry(mut self, mut client: impl Socket) {
        let (upstream, connection) = self.bare_parts();
        Carried::new(&mut client, upstream, connection)
            .run_until_client_closes()
            .await;
    }
}
