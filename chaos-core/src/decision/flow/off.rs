//! Flows of a build without injection: nothing strikes them.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

use super::piece::{Broken, Piece};

/// What experiments do to one flow.
#[derive(Debug)]
pub(super) struct FlowStrikes(Infallible);

impl FlowStrikes {
    pub(super) fn is_empty(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn delays(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn alters(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn alter(&self, _bytes: &mut [u8]) {
        match self.0 {}
    }

    pub(super) fn passed(&mut self, _len: usize) {
        match self.0 {}
    }

    pub(super) fn schedule(&mut self, _wanted: usize, _arrived: Instant) -> Result<Piece, Broken> {
        match self.0 {}
    }

    pub(super) fn poll_idle(&mut self, _cx: &mut Context<'_>) -> Poll<Broken> {
        match self.0 {}
    }

    pub(super) fn poll_due(&mut self, _due: Option<Instant>, _cx: &mut Context<'_>) -> Poll<()> {
        match self.0 {}
    }
}
