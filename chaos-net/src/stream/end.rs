//! The end of one direction of a connection, as a fault left it.

use std::io;

use chaos_core::InjectedFault;

/// The end of one direction, which every later read or write reports.
#[derive(Debug)]
pub(super) enum End {
    /// The end of the stream.
    Eof,
    /// This error.
    Failed(io::ErrorKind, InjectedFault),
}

impl End {
    /// Creates an end with the error kind of the fault's failure.
    pub(super) fn failed(fault: InjectedFault) -> Self {
        Self::Failed(fault.failure().io_kind(), fault)
    }

    /// Returns what a read or write reports.
    pub(super) fn to_result(&self) -> io::Result<()> {
        match self {
            Self::Eof => Ok(()),
            Self::Failed(kind, fault) => Err(io::Error::new(*kind, fault.clone())),
        }
    }
}
