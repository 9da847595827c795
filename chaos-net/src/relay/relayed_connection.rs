//! One relayed connection, from the accepted client to the end of both sockets.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::IdleTask;

use super::pump::{Abort, Pump};
use super::relay_socket::RelaySocket;
use super::upstream::Upstream;
use crate::Socket;
use crate::connection_draws::{ConnectionDraws, DelayedSite};
use crate::connection_setup::ConnectionSetup;

/// Connects a client to the upstream, and relays bytes in both directions until both are done.
pub(super) async fn relay(mut client: RelaySocket, upstream: &Upstream, site: &DelayedSite) {
    let key = upstream.key_of(&client).await;
    let mut setup = ConnectionSetup::new(site, "connect").keyed(key);
    let connected = setup.connect(upstream.connect()).await;
    let mut draws = setup.finish(&connected);
    match connected {
        Ok(mut upstream) => {
            RelayedConnection::new(&mut client, &mut upstream, &mut draws)
                .run()
                .await;
        }
        // A relay cannot undo the handshake, so it resets the connection. A socket that cannot be reset is closed.
        Err(_) => drop(client.reset_on_close()),
    }
}

/// The sockets of both sides, and a pump for each direction.
pub(super) struct RelayedConnection<'a, C, U> {
    client: &'a mut C,
    upstream: &'a mut U,
    draws: &'a mut ConnectionDraws,
    write: Pump,
    read: Pump,
    idle: IdleTask,
}

impl<'a, C: Socket, U: Socket> RelayedConnection<'a, C, U> {
    pub(super) fn new(
        client: &'a mut C,
        upstream: &'a mut U,
        draws: &'a mut ConnectionDraws,
    ) -> Self {
        Self {
            client,
            upstream,
            draws,
            write: Pump::new("write"),
            read: Pump::new("read"),
            idle: IdleTask::default(),
        }
    }

    /// Runs until both directions are done.
    async fn run(mut self) {
        let result = poll_fn(|cx| self.poll(cx)).await;
        self.close(result).await;
    }

    /// Runs until the client closes, which ends both directions.
    pub(super) async fn run_until_client_closes(mut self) {
        let result = poll_fn(|cx| match self.poll(cx) {
            Poll::Pending if self.write.is_done() => Poll::Ready(Ok(())),
            poll => poll,
        });
        let result = result.await;
        self.close(result).await;
    }

    async fn close(&mut self, result: Result<(), Abort>) {
        match result {
            Ok(()) => {}
            Err(Abort::Cut) => {
                poll_fn(|cx| self.poll_shutdown(cx)).await;
            }
            Err(Abort::Reset) => {
                // A socket that cannot be reset is closed as usual.
                let _ = self.client.reset_on_close();
                let _ = self.upstream.reset_on_close();
            }
        }
    }

    /// Polls both directions. Ready once both are done, or one aborts the connection.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Abort>> {
        self.idle.set(self.draws.site(), cx);
        let (client, upstream) = (&mut *self.client, &mut *self.upstream);
        let write = self.write.poll(client, upstream, self.draws, cx)?;
        let read = self.read.poll(upstream, client, self.draws, cx)?;
        ready!(write);
        ready!(read);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Both sockets are shut down, even if one of them fails.
        let client = Pin::new(&mut *self.client).poll_shutdown(cx);
        let upstream = Pin::new(&mut *self.upstream).poll_shutdown(cx);
        let _ = ready!(client);
        let _ = ready!(upstream);
        Poll::Ready(())
    }
}
