//! What a direction that was broken tells whoever goes on using it.

use std::io;

use chaos_core::InjectedFault;

/// How one direction of a connection is over.
#[derive(Debug)]
pub(super) enum Over {
    /// All has been said.
    Eof,
    /// It fails with this, every time.
    Failed(io::ErrorKind, InjectedFault),
}

impl Over {
    /// An end of the failure's own kind.
    pub(super) fn failed(fault: InjectedFault) -> Self {
        Self::Failed(fault.failure().io_kind(), fault)
    }

    /// What a reader or writer gets.
    pub(super) fn tell(&self) -> io::Result<()> {
        match self {
            Self::Eof => Ok(()),
            Self::Failed(kind, fault) => Err(io::Error::new(*kind, fault.clone())),
        }
    }
}
