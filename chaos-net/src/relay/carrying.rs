//! One relayed connection from its client's handshake to its end.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::{Phase, Site};

use super::link::Link;
use super::pump::{Pump, Stop};
use super::upstream::Upstream;
use crate::Socket;
use crate::connection::Connection;
use crate::opening::Opening;
use crate::site::refuse;

/// Carries what a client and the upstream say to each other.
pub(super) async fn carry(mut client: Link, upstream: &Upstream, site: &Site) {
    let mut connect = Opening::new(site, "connect");
    let opened = match connect.apply(Phase::Before).await {
        Err(fault) => Err(fault.into()),
        Ok(()) => match upstream.connect().await {
            Err(error) => Err(error),
            Ok(upstream) => match connect.apply(Phase::After).await {
                Err(fault) => Err(refuse(&upstream, fault)),
                Ok(()) => Ok(upstream),
            },
        },
    };
    let mut connection = connect.finish(&opened);
    match opened {
        Ok(mut upstream) => {
            Carried::new(&mut client, &mut upstream, &mut connection)
                .run()
                .await;
        }
        // The nearest a relay can come to a connection that was never made. It is closed as usual if it can't be reset.
        Err(_) => drop(client.reset_on_close()),
    }
}

/// A connection to either side, and what passes between them.
pub(super) struct Carried<'a, C, U> {
    client: &'a mut C,
    upstream: &'a mut U,
    connection: &'a mut Connection,
    write: Pump,
    read: Pump,
}

impl<'a, C: Socket, U: Socket> Carried<'a, C, U> {
    pub(super) fn new(
        client: &'a mut C,
        upstream: &'a mut U,
        connection: &'a mut Connection,
    ) -> Self {
        Self {
            client,
            upstream,
            connection,
            write: Pump::new("write"),
            read: Pump::new("read"),
        }
    }

    /// Until both directions are done.
    async fn run(mut self) {
        let stop = poll_fn(|cx| self.poll(cx)).await;
        self.end(stop).await;
    }

    /// Until the client is done: it never closes one direction for itself.
    pub(super) async fn run_until_client_closes(mut self) {
        let stop = poll_fn(|cx| match self.poll(cx) {
            Poll::Pending if self.write.is_done() => Poll::Ready(Ok(())),
            poll => poll,
        });
        let stop = stop.await;
        self.end(stop).await;
    }

    async fn end(&mut self, stop: Result<(), Stop>) {
        match stop {
            Ok(()) => {}
            Err(Stop::Cut) => {
                poll_fn(|cx| self.poll_shutdown(cx)).await;
            }
            Err(Stop::Reset) => {
                // Whichever does not take it is closed as usual.
                let _ = self.client.reset_on_close();
                let _ = self.upstream.reset_on_close();
            }
        }
    }

    /// Both directions until both are done, or one stops the other.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        let (client, upstream) = (&mut *self.client, &mut *self.upstream);
        let write = self.write.poll(client, upstream, self.connection, cx)?;
        let read = self.read.poll(upstream, client, self.connection, cx)?;
        ready!(write);
        ready!(read);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Both are told, whatever becomes of either.
        let client = Pin::new(&mut *self.client).poll_shutdown(cx);
        let upstream = Pin::new(&mut *self.upstream).poll_shutdown(cx);
        let _ = ready!(client);
        let _ = ready!(upstream);
        Poll::Ready(())
    }
}
