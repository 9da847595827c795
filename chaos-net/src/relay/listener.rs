//! The listener of a relay: TCP or Unix.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::relay_socket::RelaySocket;

/// The listener of a relay, which can be closed while it is polled elsewhere.
#[derive(Debug)]
pub(super) struct Listener(Mutex<Option<TcpOrUnix>>);

#[derive(Debug)]
enum TcpOrUnix {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    pub(super) fn tcp(listener: TcpListener) -> Self {
        Self(Mutex::new(Some(TcpOrUnix::Tcp(listener))))
    }

    #[cfg(unix)]
    pub(super) fn unix(listener: UnixListener) -> Self {
        Self(Mutex::new(Some(TcpOrUnix::Unix(listener))))
    }

    /// Accepts the next client; `None` once the listener is closed.
    pub(super) fn poll_accept(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<RelaySocket>>> {
        let listener = self.lock();
        match &*listener {
            None => Poll::Ready(None),
            Some(TcpOrUnix::Tcp(listener)) => listener
                .poll_accept(cx)
                .map_ok(|(client, _)| RelaySocket::tcp(client))
                .map(Some),
            #[cfg(unix)]
            Some(TcpOrUnix::Unix(listener)) => listener
                .poll_accept(cx)
                .map_ok(|(client, _)| RelaySocket::Unix(client))
                .map(Some),
        }
    }

    /// Closes the port, or the Unix socket, immediately.
    pub(super) fn close(&self) {
        let listener = self.lock().take();
        drop(listener);
    }

    fn lock(&self) -> MutexGuard<'_, Option<TcpOrUnix>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
