//! Keyed draws: the same seed and keys always give the same number.
//!
//! There is no shared generator state, so threads neither contend for it nor affect each other's draws.

use xxhash_rust::xxh3::xxh3_64;

use crate::{Attempt, Scope};

/// A hash that is the same on every machine and in every version.
pub(crate) fn stable_hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// The draws of one experiment at one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn new(seed: u64, experiment: &str, site: u64) -> Self {
        Self(mix(mix(mix(seed) ^ stable_hash(experiment)) ^ mix(site)))
    }

    /// The draws within one operation, keyed by position.
    pub(crate) fn within(draw: u64) -> Self {
        Self(mix(again(draw)))
    }

    /// The draw of one operation; uniform over all of `u64`.
    #[inline]
    pub(crate) fn draw(self, identity: Identity) -> u64 {
        mix(self.0 ^ identity.0)
    }
}

/// The identity of an operation, independent of experiments: its name, the key of its request, its attempt, and the number
/// of earlier calls of that name in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64);

impl Identity {
    /// The identity by the key of the request or, without a key, by the number in a sequence.
    ///
    /// `name` is the hash of the operation's name; `calls` returns how often it was called in the request before.
    #[inline]
    pub(crate) fn of(
        name: u64,
        scope: Option<&Scope>,
        calls: impl FnOnce(&Scope) -> u32,
        in_sequence: impl FnOnce() -> u64,
    ) -> Self {
        match scope {
            // A generated key would differ in a replay.
            Some(scope) if !scope.is_fresh() => {
                let calls = u64::from(calls(scope)).rotate_right(32);
                Self::new(
                    name,
                    scope.key_hash().wrapping_add(calls),
                    scope.attempt().get(),
                )
            }
            Some(scope) => Self::new(name, in_sequence(), scope.attempt().get()),
            None => Self::new(name, in_sequence(), Attempt::FIRST.get()),
        }
    }

    /// The identity of a connection, by its number: all its operations share a draw.
    pub(crate) fn of_connection(number: u64) -> Self {
        Self::new(stable_hash(""), number, Attempt::FIRST.get())
    }

    #[inline]
    pub(crate) fn new(name: u64, key: u64, attempt: u32) -> Self {
        // Keys may be small consecutive numbers; multiplied, they differ in both halves.
        let which = key
            .wrapping_add(u64::from(attempt).rotate_right(8))
            .wrapping_mul(GOLDEN);
        Self(name ^ which)
    }
}

/// The identity of a position within an operation: the number of a byte, a packet or a row.
pub(crate) fn place(at: u64) -> Identity {
    Identity(at.wrapping_mul(GOLDEN))
}

/// Further numbers derived from one draw, for values that are sampled once an operation is hit.
#[derive(Debug, Clone)]
pub(crate) struct Draws(u64);

impl Draws {
    /// Derives numbers that are independent of the draw, which is biased: it was small enough to hit.
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

/// Derives another draw for the same operation, for decisions after that of the rate.
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
