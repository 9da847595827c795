//! How sqlx tells of connections that are gone.

use std::io;

use sqlx::{Database, Error};

/// The peer has reset the connection.
pub(crate) fn reset() -> Error {
    #[cfg(unix)]
    let error = rustix::io::Errno::CONNRESET.into();
    #[cfg(not(unix))]
    let error = io::ErrorKind::ConnectionReset.into();
    Error::Io(error)
}

/// The peer has closed the connection where a reply was to come.
pub(crate) fn closed<DB: Database>() -> Error {
    // What the header of a packet measures.
    let expected = if DB::NAME == "MySQL" { 4 } else { 5 };
    Error::Io(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("expected to read {expected} bytes, got 0 bytes at EOF"),
    ))
}

/// The connection was gone before anything could be written to it.
pub(crate) fn gone() -> Error {
    #[cfg(unix)]
    let error = rustix::io::Errno::PIPE.into();
    #[cfg(not(unix))]
    let error = io::ErrorKind::BrokenPipe.into();
    Error::Io(error)
}
