//! Addresses in this process at which calls really fail, so that the client returns its own error.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::Failure;
use chaos_net::Socket;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// An address at which calls fail in one way until it is dropped.
#[derive(Debug)]
pub enum FailingAddress {
    /// A port that is bound, so that no other process can listen on it, but has no listener.
    Refusing(TcpSocket),
    /// A listener that breaks each connection once a request arrives.
    Breaking {
        listener: TcpListener,
        how: Break,
        connection: Option<TcpStream>,
    },
    /// A listener that never responds.
    Silent(TcpListener),
}

/// How a connection is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    Reset,
    Close,
}

impl FailingAddress {
    /// Opens an address for a failure of the connection; `None` for the failures that a server reports.
    pub(crate) fn for_failure(failure: &Failure) -> Option<io::Result<Self>> {
        match failure {
            Failure::Refused => Some(bound_port().map(Self::Refusing)),
            Failure::Reset => Some(Self::breaking(Break::Reset)),
            Failure::Closed => Some(Self::breaking(Break::Close)),
            Failure::TimedOut => Some(listener().map(Self::Silent)),
            // All other failures, unknown ones included, have an error response.
            _ => None,
        }
    }

    fn breaking(how: Break) -> io::Result<Self> {
        Ok(Self::Breaking {
            listener: listener()?,
            how,
            connection: None,
        })
    }

    pub(crate) fn socket_address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Refusing(socket) => socket.local_addr(),
            Self::Breaking { listener, .. } | Self::Silent(listener) => listener.local_addr(),
        }
    }

    /// Breaks the connections that arrive; polled alongside the call.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Breaking {
            listener,
            how,
            connection,
        } = self
        else {
            return Poll::Pending;
        };
        loop {
            let Some(stream) = connection else {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                *connection = Some(stream);
                continue;
            };
            // Broken only once bytes have arrived: a client that is still connecting would see another error.
            let mut buffer = [0; 16 * 1024];
            let mut buffer = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
            match how {
                Break::Reset => stream.reset_on_close()?,
                Break::Close => {}
            }
            // A client that retries on its own fails again.
            *connection = None;
        }
    }
}

fn bound_port() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    Ok(socket)
}

fn listener() -> io::Result<TcpListener> {
    bound_port()?.listen(16)
}
