//! A port of this machine that a connection makes a detour through.

use std::io;
use std::net::{IpAddr, SocketAddr};

use chaos_net::{ChaosStream, Socket};
use http::Extensions;
use hyper_util::client::legacy::connect::{Connected, HttpInfo};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A port of this machine for a single connection.
#[derive(Debug)]
pub(super) struct Hop(TcpListener);

impl Hop {
    pub(super) fn open(address: IpAddr) -> io::Result<Self> {
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

    /// Carries what its connection and the upstream say to each other, until the connection closes.
    pub(super) fn carry<T>(self, upstream: ChaosStream<T>) -> io::Result<Carried>
    where
        T: Socket + Send + 'static,
    {
        let address = self.address()?;
        let (tell, peer) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let Ok((client, peer)) = self.0.accept().await else {
                return;
            };
            // Nobody else can come in any more.
            drop(self);
            // A socket that does not take it is slower and nothing else.
            let _ = client.set_nodelay(true);
            if tell.send(peer).is_ok() {
                upstream.relay_client(client).await;
            }
        });
        Ok(Carried {
            address,
            peer,
            task,
        })
    }
}

/// A detour at work; dropping it ends it.
#[derive(Debug)]
pub(super) struct Carried {
    address: SocketAddr,
    peer: oneshot::Receiver<SocketAddr>,
    task: JoinSet<()>,
}

/// Which way a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Through the port.
    Detour,
    /// Some other, such as a proxy's or a Unix socket's.
    Another,
}

impl Carried {
    /// Leaves it to the connection that was made to come through it.
    pub(super) async fn leave_to(mut self, connection: Connected) -> io::Result<Way> {
        let mut extras = Extensions::new();
        connection.get_extras(&mut extras);
        let Some(info) = extras
            .remove::<HttpInfo>()
            .filter(|info| info.remote_addr() == self.address)
        else {
            return Ok(Way::Another);
        };
        match self.peer.await {
            Ok(peer) if peer == info.local_addr() => {
                self.task.detach_all();
                Ok(Way::Detour)
            }
            // Somebody who has no business there was faster.
            _ => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}
