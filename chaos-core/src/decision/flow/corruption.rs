//! Which bytes of a flow arrive changed.

use crate::Fault;
use crate::draw::{Stream, place};
use crate::rate::Threshold;

/// Decides by the place of each byte in the flow, so that it makes no difference in which pieces they pass.
#[derive(Debug)]
pub(super) struct Corruption {
    stream: Stream,
    threshold: Threshold,
}

impl Corruption {
    pub(super) fn of(fault: &Fault, draw: u64) -> Option<Self> {
        match fault {
            Fault::Corrupt(corrupt) => Some(Self {
                stream: Stream::within(draw),
                threshold: corrupt.rate().threshold(),
            }),
            _ => None,
        }
    }

    /// Whether any of the bytes from `offset` on is changed.
    pub(super) fn reaches(&self, offset: u64, len: usize) -> bool {
        (offset..).take(len).any(|at| self.mask(at).is_some())
    }

    /// Changes the bytes that are to be changed.
    pub(super) fn strike(&self, offset: u64, bytes: &mut [u8]) {
        for (at, byte) in (offset..).zip(bytes) {
            if let Some(mask) = self.mask(at) {
                *byte ^= mask;
            }
        }
    }

    /// The bits that are flipped of the byte at a place; at least one.
    fn mask(&self, at: u64) -> Option<u8> {
        let draw = self.stream.draw(place(at));
        // The threshold looks at the high bits, the mask at low ones.
        self.threshold.admits(draw).then_some(1 << (draw & 7))
    }
}
