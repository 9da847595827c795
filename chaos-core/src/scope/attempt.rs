//! The number of an attempt.

use std::fmt;
use std::num::NonZeroU32;

/// The number of an attempt: 1 is the first, and every retry adds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(NonZeroU32);

/// The number of an attempt is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attempts are counted from 1")]
#[non_exhaustive]
pub struct ZeroAttempt;

impl Attempt {
    /// The first attempt.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Returns the number, counted from 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Returns the next attempt; the highest number stays the same.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// True unless this is the first attempt.
    #[must_use]
    pub const fn is_retry(self) -> bool {
        self.get() > 1
    }
}

impl Default for Attempt {
    fn default() -> Self {
        Self::FIRST
    }
}

impl From<NonZeroU32> for Attempt {
    fn from(number: NonZeroU32) -> Self {
        Self(number)
    }
}

impl TryFrom<u32> for Attempt {
    type Error = ZeroAttempt;

    fn try_from(number: u32) -> Result<Self, ZeroAttempt> {
        NonZeroU32::new(number).map(Self).ok_or(ZeroAttempt)
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_from_one() {
        assert_eq!(Attempt::try_from(0), Err(ZeroAttempt));
        assert_eq!(Attempt::try_from(1), Ok(Attempt::FIRST));
        assert_eq!(Attempt::FIRST.next().get(), 2);
    }

    #[test]
    fn every_attempt_but_the_first_is_a_retry() {
        assert!(!Attempt::FIRST.is_retry());
        assert!(Attempt::FIRST.next().is_retry());
    }

    #[test]
    fn the_highest_attempt_does_not_wrap() {
        let highest = Attempt::from(NonZeroU32::MAX);
        assert_eq!(highest.next(), highest);
    }
}
