//! What the clones of a manager share: dropping the last one ends everything.

use std::ops::Deref;
use std::sync::Arc;

use super::inner::Inner;

/// Ends all experiments when it is dropped, even while guards or the guardian still use the manager's state.
pub(super) struct Handle(pub(super) Arc<Inner>);

impl Deref for Handle {
    type Target = Arc<Inner>;

    fn deref(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.end_all();
    }
}
