//! A relay on a loopback port, for a single connection.

use std::io;
use std::net::{IpAddr, SocketAddr};

use chaos_net::{ChaosStream, Socket};
use http::Extensions;
use hyper_util::client::legacy::connect::{Connected, HttpInfo};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A relay on a loopback port, which listens but is not running yet.
#[derive(Debug)]
pub(super) struct LoopbackRelay(TcpListener);

impl LoopbackRelay {
    pub(super) fn bind(address: IpAddr) -> io::Result<Self> {
        let socket = match address {
            IpAddr::V4(_) => TcpSocket::new_v4(),
            IpAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        socket.bind((address, 0).into())?;
        socket.listen(1).map(Self)
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Accepts one client, and relays its bytes to the upstream and back until the client closes.
    pub(super) fn run<T>(self, upstream: ChaosStream<T>) -> io::Result<RunningRelay>
    where
        T: Socket + Send + 'static,
    {
        let address = self.address()?;
        let (send_client, client) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let Ok((socket, client)) = self.0.accept().await else {
                return;
            };
            // Closes the port, so that no other client can connect.
            drop(self);
            // Without this option the relay still works, only slower.
            let _ = socket.set_nodelay(true);
            if send_client.send(client).is_ok() {
                upstream.relay_client(socket).await;
            }
        });
        Ok(RunningRelay {
            address,
            client,
            task,
        })
    }
}

/// A running relay; dropping it stops it.
#[derive(Debug)]
pub(super) struct RunningRelay {
    address: SocketAddr,
    client: oneshot::Receiver<SocketAddr>,
    task: JoinSet<()>,
}

/// The route that a connection took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Through the relay.
    Relay,
    /// Elsewhere, such as through a proxy or a Unix socket.
    Other,
}

impl RunningRelay {
    /// Lets the relay run for as long as the connection does, if the connection goes through it.
    pub(super) async fn detach_if_used_by(mut self, connection: Connected) -> io::Result<Route> {
        let mut extras = Extensions::new();
        connection.get_extras(&mut extras);
        let Some(info) = extras
            .remove::<HttpInfo>()
            .filter(|info| info.remote_addr() == self.address)
        else {
            return Ok(Route::Other);
        };
        match self.client.await {
            Ok(client) if client == info.local_addr() => {
                self.task.detach_all();
                Ok(Route::Relay)
            }
            // Another process connected to the port first.
            _ => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}
