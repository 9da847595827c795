//! Chooses the packets of a flow that are lost, and how long readers wait for them.

use std::time::Duration;

use super::piece::{Piece, later};
use crate::Fault;
use crate::draw::{Stream, place};
use crate::rate::Threshold;

/// The number of bytes that fit into one packet on most networks.
const PACKET: u64 = 1_448;
/// Linux stops doubling the wait at two minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Decides by the position of each packet in the flow, so that the division into pieces makes no difference.
#[derive(Debug)]
pub(super) struct Losses {
    stream: Stream,
    threshold: Threshold,
    resent_after: Duration,
}

impl Losses {
    pub(super) fn of(fault: &Fault, draw: u64) -> Option<Self> {
        match fault {
            Fault::Loss(loss) => Some(Self {
                // A different stream from that of corruption.
                stream: Stream::within(!draw),
                threshold: loss.rate().threshold(),
                resent_after: loss.wait(),
            }),
            _ => None,
        }
    }

    /// Ends a piece before the next lost packet, or holds it until that packet has arrived; returns whether it waits.
    ///
    /// All later bytes wait behind that packet, because bytes are read in order.
    pub(super) fn strike(&self, offset: u64, piece: &mut Piece) -> bool {
        let end = offset + piece.len as u64;
        let first = offset.div_ceil(PACKET);
        for packet in first..end.div_ceil(PACKET) {
            let start = packet * PACKET;
            let wait = self.wait(packet);
            if wait.is_zero() {
                continue;
            }
            if start == offset {
                piece.len = piece.len.min(PACKET as usize);
                later(&mut piece.due, wait);
                return true;
            }
            piece.len = (start - offset) as usize;
            return false;
        }
        false
    }

    /// Returns how long retransmissions delay a packet; zero if it is not lost.
    fn wait(&self, packet: u64) -> Duration {
        let mut wait = Duration::ZERO;
        let mut timeout = self.resent_after;
        for attempt in 0.. {
            let draw = self.stream.draw(place(packet.wrapping_add(attempt << 48)));
            if !self.threshold.admits(draw) || wait >= LONGEST_WAIT {
                break;
            }
            wait += timeout;
            timeout = (timeout * 2).min(LONGEST_WAIT);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Corrupt, Loss, Rate};

    #[test]
    fn retransmissions_wait_twice_as_long_each_time() {
        let first = Duration::from_millis(200);
        let losses = Losses {
            stream: Stream::within(7),
            threshold: Rate::percent(100.0).unwrap().threshold(),
            resent_after: first,
        };
        // Lost each time, until the longest wait is over.
        let mut expected = first;
        while expected < LONGEST_WAIT {
            expected = expected * 2 + first;
        }
        assert_eq!(losses.wait(0), expected);
    }

    #[test]
    fn losses_and_corruption_draw_from_different_streams() {
        let half = Rate::percent(50.0).unwrap();
        let losses = Losses::of(&Fault::loss(Loss::of_packets(half).unwrap()), 7).unwrap();
        let corrupt = Fault::corrupt(Corrupt::bytes(half).unwrap());
        let corruption = super::super::corruption::Corruption::of(&corrupt, 7).unwrap();
        let alike = (0..64)
            .filter(|at| losses.wait(*at).is_zero() != corruption.reaches(*at, 1))
            .count();
        assert!(alike < 64, "each packet is lost where its byte is changed");
    }
}
