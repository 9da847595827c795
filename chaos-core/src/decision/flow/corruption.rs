//! Corrupts some of the bytes of a flow.

use crate::Fault;
use crate::draw::{Stream, place};
use crate::rate::Threshold;

/// Decides by the position of each byte in the flow, so that the division into pieces makes no difference.
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

    /// Flips a bit in each chosen byte.
    pub(super) fn strike(&self, offset: u64, bytes: &mut [u8]) {
        for (at, byte) in (offset..).zip(bytes) {
            if let Some(mask) = self.mask(at) {
                *byte ^= mask;
            }
        }
    }

    /// Returns the bit to flip in the byte at a position, if that byte is chosen.
    fn mask(&self, at: u64) -> Option<u8> {
        let draw = self.stream.draw(place(at));
        // The threshold depends on the high bits, the mask on the low ones.
        self.threshold.admits(draw).then_some(1 << (draw & 7))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Corrupt, Rate};

    #[test]
    fn one_bit_of_each_chosen_byte_is_flipped() {
        let all = Fault::corrupt(Corrupt::bytes(Rate::percent(100.0).unwrap()).unwrap());
        let corruption = Corruption::of(&all, 7).unwrap();
        for original in [0x00, 0xff] {
            let mut bytes = [original; 64];
            corruption.strike(0, &mut bytes);
            let flipped = |byte: &u8| (byte ^ original).count_ones() == 1;
            assert!(bytes.iter().all(flipped), "{bytes:?}");
        }
    }
}
