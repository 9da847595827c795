//! Addresses in this process at which a call really fails, so that a client's error is its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::Failure;
use chaos_net::Socket;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// An address at which a call fails in one way, for as long as it lives.
#[derive(Debug)]
pub enum DeadEnd {
    /// A port that is taken, so that nobody else listens there, and on which nobody listens.
    Refusing(TcpSocket),
    /// A listener that takes a request and breaks the connection.
    Breaking(TcpListener, Break, Option<TcpStream>),
    /// A listener that never answers.
    Silent(TcpListener),
}

/// How a connection is broken once the request is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    Reset,
    Close,
}

impl DeadEnd {
    /// A dead end for a failure of the connection; none for failures that a server tells of.
    pub(crate) fn of(failure: &Failure) -> Option<io::Result<Self>> {
        Some(match failure {
            Failure::Refused => taken_port().map(Self::Refusing),
            Failure::Reset => listener().map(|at| Self::Breaking(at, Break::Reset, None)),
            Failure::Closed => listener().map(|at| Self::Breaking(at, Break::Close, None)),
            Failure::TimedOut => listener().map(Self::Silent),
            _ => return None,
        })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Refusing(socket) => socket.local_addr(),
            Self::Breaking(listener, ..) | Self::Silent(listener) => listener.local_addr(),
        }
    }

    /// Does its part of the failing; polled beside the call.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Breaking(listener, how, connection) = self else {
            return Poll::Pending;
        };
        loop {
            let Some(stream) = connection else {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                *connection = Some(stream);
                continue;
            };
            // Broken only once something has come: a client that is still connecting would see another error.
            let mut room = [0; 16 * 1024];
            let mut room = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut room))?;
            if *how == Break::Reset {
                stream.reset_on_close()?;
            }
            // The next attempt of a client that tries again by itself fails as well.
            *connection = None;
        }
    }
}

fn taken_port() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    Ok(socket)
}

fn listener() -> io::Result<TcpListener> {
    let socket = taken_port()?;
    socket.listen(16)
}
