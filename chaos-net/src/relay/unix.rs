//! A relay that listens on a Unix socket.

use std::fmt;
use std::path::{Path, PathBuf};

use super::serving::Serving;

/// A [`ChaosRelay`](crate::ChaosRelay) that listens on a Unix socket, which is removed when it is dropped.
///
/// There is no reset between Unix sockets: what would be one is the end of the stream.
#[must_use = "dropping the relay closes all that it carries"]
pub struct ChaosUnixRelay {
    path: PathBuf,
    serving: Serving,
}

impl ChaosUnixRelay {
    pub(super) fn new(path: PathBuf, serving: Serving) -> Self {
        Self { path, serving }
    }

    /// Where clients have to connect to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many clients are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.serving.connections()
    }
}

impl Drop for ChaosUnixRelay {
    fn drop(&mut self) {
        // Somebody else may have removed it already.
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
