//! Keyed draws: the same seed and keys give the same number, whatever happened before.
//!
//! No generator state is shared, so threads can neither contend for one nor disturb each other's luck.

use xxhash_rust::xxh3::xxh3_64;

use crate::{Attempt, Scope};

/// A hash that is the same on every machine and in every version.
pub(crate) fn stable_hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// The stream of draws that one experiment has at one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn new(seed: u64, experiment: &str, site: u64) -> Self {
        Self(mix(mix(mix(seed) ^ stable_hash(experiment)) ^ mix(site)))
    }

    /// The stream of what is drawn within one operation, each thing by its place.
    pub(crate) fn within(draw: u64) -> Self {
        Self(mix(again(draw)))
    }

    /// The draw of one operation; uniform over all of `u64`.
    #[inline]
    pub(crate) fn draw(self, identity: Identity) -> u64 {
        mix(self.0 ^ identity.0)
    }
}

/// Which operation it is, to every experiment alike: its name, its request's key, its attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64);

impl Identity {
    /// An operation of a keyed request, or one that only its place in a sequence tells apart.
    #[inline]
    pub(crate) fn of(
        operation: &str,
        scope: Option<&Scope>,
        in_sequence: impl FnOnce() -> u64,
    ) -> Self {
        match scope {
            // A key made up for want of a real one would not be the same in a replay.
            Some(scope) if !scope.is_fresh() => {
                Self::new(operation, scope.key_hash(), scope.attempt().get())
            }
            Some(scope) => Self::new(operation, in_sequence(), scope.attempt().get()),
            None => Self::new(operation, in_sequence(), Attempt::FIRST.get()),
        }
    }

    #[inline]
    pub(crate) fn new(operation: &str, key: u64, attempt: u32) -> Self {
        // Keys may be small numbers that follow each other; multiplied, they differ in every half.
        let which = key
            .wrapping_add(u64::from(attempt).rotate_right(8))
            .wrapping_mul(GOLDEN);
        Self(stable_hash(operation) ^ which)
    }
}

/// A place within an operation: the number of a byte, a packet, a row.
pub(crate) fn place(at: u64) -> Identity {
    Identity(at.wrapping_mul(GOLDEN))
}

/// Further numbers from one draw, for what is sampled once an operation is hit.
#[derive(Debug, Clone)]
pub(crate) struct Draws(u64);

impl Draws {
    /// Independent of the draw that decided, which is skewed by having been small enough to hit.
    pub(crate) fn following(draw: u64) -> Self {
        Self(mix(draw ^ GOLDEN))
    }
}

impl rand::TryRng for Draws {
    type Error = std::convert::Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(GOLDEN);
        Ok(mix(self.0))
    }

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|wide| (wide >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let wide = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&wide[..chunk.len()]);
        }
        Ok(())
    }
}

/// Another draw for the same operation, for what is decided after the rate let it through.
pub(crate) fn again(draw: u64) -> u64 {
    mix(draw ^ 0x5DEE_CE66_D1CE_4E5B)
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64's finaliser: a bijection whose every output bit depends on every input bit.
#[inline]
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
