//! The flag word, which is all that a site reads while nothing concerns it.

use crate::compiled::Armed;

/// What running experiments need from a site; there is no such value while nothing concerns it.
///
/// In a build without injection none ever exists, so everything that an adapter keeps with it is compiled out too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs(Armed<u32>);

impl Needs {
    pub(crate) const DECISION: u32 = 1;
    pub(crate) const SCOPE: u32 = 2;
    pub(crate) const OUTCOME: u32 = 4;

    #[cfg(feature = "inject")]
    #[inline(always)]
    pub(crate) fn of(flags: u32) -> Option<Self> {
        (flags != 0).then(|| Self(Armed::new(flags)))
    }

    /// Wraps the state of an operation that something concerns.
    #[inline]
    pub fn arm<T>(self, value: T) -> Armed<T> {
        self.0.with(value)
    }

    /// Whether operations here need a decision.
    #[inline]
    #[must_use]
    pub const fn decision(self) -> bool {
        *self.0.get() & Self::DECISION != 0
    }

    /// Whether requests that enter here must open a [`Scope`](crate::Scope).
    #[inline]
    #[must_use]
    pub const fn scope(self) -> bool {
        *self.0.get() & Self::SCOPE != 0
    }

    /// Whether a condition judges the outcomes of this site.
    #[inline]
    #[must_use]
    pub const fn outcome(self) -> bool {
        *self.0.get() & Self::OUTCOME != 0
    }
}
