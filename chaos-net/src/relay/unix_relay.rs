//! A relay that listens on a Unix socket.

use std::fmt;
use std::path::{Path, PathBuf};

use super::accept_loop::AcceptLoop;

/// A [`ChaosRelay`](crate::ChaosRelay) that listens on a Unix socket. Dropping it removes the socket.
///
/// Unix sockets have no reset: its clients see the end of the stream instead.
#[must_use = "dropping the relay closes all its connections"]
pub struct ChaosUnixRelay {
    path: PathBuf,
    accept_loop: AcceptLoop,
}

impl ChaosUnixRelay {
    pub(super) fn new(path: PathBuf, accept_loop: AcceptLoop) -> Self {
        Self { path, accept_loop }
    }

    /// Returns the path for clients.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns how many clients are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.accept_loop.connections()
    }
}

impl Drop for ChaosUnixRelay {
    fn drop(&mut self) {
        // It may have been removed already.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl fmt::Debug for ChaosUnixRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosUnixRelay")
            .field("path", &self.path)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
