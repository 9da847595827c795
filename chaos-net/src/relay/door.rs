//! Where a relay's clients come in.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::link::Link;

/// Where a relay's clients come in, until it is closed.
#[derive(Debug)]
pub(super) struct Door(Mutex<Option<Listener>>);

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Door {
    pub(super) fn tcp(listener: TcpListener) -> Self {
        Self(Mutex::new(Some(Listener::Tcp(listener))))
    }

    #[cfg(unix)]
    pub(super) fn unix(listener: UnixListener) -> Self {
        Self(Mutex::new(Some(Listener::Unix(listener))))
    }

    /// The next client; none once it is closed.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Link>>> {
        let listener = self.lock();
        match &*listener {
            None => Poll::Ready(None),
            Some(Listener::Tcp(listener)) => listener
                .poll_accept(cx)
                .map_ok(|(client, _)| Link::tcp(client))
                .map(Some),
            #[cfg(unix)]
            Some(Listener::Unix(listener)) => listener
                .poll_accept(cx)
                .map_ok(|(client, _)| Link::Unix(client))
                .map(Some),
        }
    }

    /// Gives up the port, or the socket, at once.
    pub(super) fn close(&self) {
        let listener = self.lock().take();
        drop(listener);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Listener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
