//! A handle to request the reset of a connection from outside its stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle to request the reset of a connection whose stream belongs to other code, such as a server.
#[derive(Debug, Clone, Default)]
pub struct ConnectionHandle(Arc<AtomicBool>);

impl ConnectionHandle {
    /// Resets the connection once its stream is dropped.
    ///
    /// Until then shutting the stream down has no effect: the peer would see an orderly end.
    pub fn reset_on_close(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn is_reset_requested(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
