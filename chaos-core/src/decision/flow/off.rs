//! Flows of a build without injection: nothing strikes them.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

use super::piece::{Broken, Piece};
use crate::compiled::never;

/// What experiments do to one flow.
#[derive(Debug)]
pub(super) struct FlowStrikes(Infallible);

impl FlowStrikes {
    never!(pub(super) fn is_empty(&self) -> bool);
    never!(pub(super) fn delays(&self) -> bool);
    never!(pub(super) fn alters(&self) -> bool);
    never!(pub(super) fn alter(&self, _bytes: &mut [u8]));
    never!(pub(super) fn passed(&mut self, _len: usize));
    never!(pub(super) fn schedule(&mut self, _wanted: usize, _arrived: Instant) -> Result<Piece, Broken>);
    never!(pub(super) fn poll_idle(&mut self, _cx: &mut Context<'_>) -> Poll<Broken>);
    never!(pub(super) fn poll_due(&mut self, _due: Option<Instant>, _cx: &mut Context<'_>) -> Poll<()>);
}
