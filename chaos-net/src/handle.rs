//! A handle of a connection that somebody else owns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle of a connection that somebody else owns, such as a server.
#[derive(Debug, Clone, Default)]
pub struct ConnectionHandle(Arc<AtomicBool>);

impl ConnectionHandle {
    /// Has the connection be reset once its stream is dropped, whoever drops it.
    ///
    /// What shuts the stream down until then does nothing, or the peer would see it end in good order.
    pub fn reset_on_close(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn is_to_be_reset(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
