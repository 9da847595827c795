use std::fmt;
use std::num::NonZeroU32;

/// Which try of a request this is: 1 is the first, every retry adds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(NonZeroU32);

/// Attempts are counted from 1, so there is no attempt 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attempts are counted from 1, so there is no attempt 0")]
#[non_exhaustive]
pub struct ZeroAttempt;

impl Attempt {
    /// The first try.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The number of this attempt, from 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The attempt after this one; the highest number stays what it is.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Whether an attempt came before this one.
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
    fn attempts_count_from_one() {
        assert_eq!(Attempt::try_from(0), Err(ZeroAttempt));
        assert_eq!(Attempt::try_from(1), Ok(Attempt::FIRST));
        assert_eq!(Attempt::FIRST.next().get(), 2);
    }

    #[test]
    fn only_the_first_is_no_retry() {
        assert!(!Attempt::FIRST.is_retry());
        assert!(Attempt::FIRST.next().is_retry());
    }

    #[test]
    fn the_highest_attempt_does_not_wrap() {
        let highest = Attempt::from(NonZeroU32::MAX);
        assert_eq!(highest.next(), highest);
    }
}
