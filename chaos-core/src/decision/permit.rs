//! The right to treat one operation, given back however the treatment ends.

use std::sync::Arc;

use crate::gate::{Left, Shut};
use crate::running::Running;

/// Held while an operation is treated.
#[must_use]
pub(crate) struct Permit(Arc<Running>);

impl Permit {
    pub(crate) fn take(running: &Arc<Running>) -> Result<Self, Shut> {
        running.gate().enter()?;
        Ok(Self(Arc::clone(running)))
    }

    pub(crate) fn running(&self) -> &Arc<Running> {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.0.gate().leave() == Left::Empty {
            self.0.left_empty();
        }
    }
}
