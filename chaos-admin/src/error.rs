//! Errors of an API that can't be opened.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// The error of an API that can't be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AdminError {
    /// An environment variable has an invalid value.
    #[error("{variable}: expected {expected}, found `{found}`")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What it may contain.
        expected: &'static str,
        /// What it contains; never a token.
        found: String,
    },
    /// A file of tokens can't be read.
    #[error("{variable}: {path} can't be read: {source}")]
    TokenFile {
        /// The variable that names it.
        variable: &'static str,
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// A token is invalid.
    #[error(
        "{origin}: expected `name:token` with a token of at least 16 characters in entry {entry}"
    )]
    Token {
        /// The variable, file or code that gave it.
        origin: String,
        /// The entry, counted from 1.
        entry: usize,
    },
    /// Anybody could reach this address, and no token is set.
    #[error(
        "{0} can be reached from other machines, and no token is set: set CHAOS_ADMIN_OPERATOR_TOKENS or \
         CHAOS_ADMIN_VIEWER_TOKENS, or bind to 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The address can't be bound.
    #[error("{address} can't be bound: {source}")]
    Bind {
        /// The address.
        address: String,
        /// The cause.
        source: io::Error,
    },
    /// Another process answers on this socket.
    #[error("another process answers on {}", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// The path of the socket is taken by something else.
    #[error("{} exists and is not a socket", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// There are no unix sockets on this system.
    #[error("unix sockets are not supported on this system: use an address such as 127.0.0.1:9901")]
    NoUnixSockets,
    /// The audit file can't be opened.
    #[error("the audit file {} can't be opened: {source}", path.display())]
    Audit {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A thread of the API can't be started.
    #[error("a thread can't be started: {0}")]
    Thread(io::Error),
}
