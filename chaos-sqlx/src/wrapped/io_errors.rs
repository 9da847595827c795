//! The errors that sqlx reports for a lost connection.

use std::io;

use sqlx::{Database, Error};

/// Returns the error of a connection that the peer has reset.
pub(super) fn connection_reset() -> Error {
    #[cfg(unix)]
    let error = io::Error::from_raw_os_error(libc::ECONNRESET);
    #[cfg(not(unix))]
    let error = io::ErrorKind::ConnectionReset.into();
    Error::Io(error)
}

/// Returns the error of a connection that the peer has closed instead of replying.
pub(super) fn closed_by_peer<DB: Database>() -> Error {
    // The length of a packet header.
    let expected = if DB::NAME == "MySQL" { 4 } else { 5 };
    Error::Io(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("expected to read {expected} bytes, got 0 bytes at EOF"),
    ))
}

/// Returns the error of a write to a connection that was lost before.
pub(super) fn broken_pipe() -> Error {
    #[cfg(unix)]
    let error = io::Error::from_raw_os_error(libc::EPIPE);
    #[cfg(not(unix))]
    let error = io::ErrorKind::BrokenPipe.into();
    Error::Io(error)
}
