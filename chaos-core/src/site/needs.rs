//! The flag word, which is all that a site reads while nothing concerns it.

use crate::compiled::Armed;

/// What running experiments need from a site; there is no such value while nothing concerns it.
///
/// In a build without injection none ever exists, so everything that an adapter keeps with it is compiled out too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    #[cfg(feature = "inject")]
    flags: u32,
    #[cfg(not(feature = "inject"))]
    never: std::convert::Infallible,
}

#[cfg(feature = "inject")]
impl Needs {
    pub(crate) const DECISION: u32 = 1;
    pub(crate) const SCOPE: u32 = 2;
    pub(crate) const OUTCOME: u32 = 4;

    #[inline(always)]
    pub(crate) fn of(flags: u32) -> Option<Self> {
        (flags != 0).then_some(Self { flags })
    }

    /// Wraps the state of an operation that something concerns.
    #[inline]
    pub fn arm<T>(self, value: T) -> Armed<T> {
        Armed::new(value)
    }

    /// Whether operations here need a decision.
    #[inline]
    #[must_use]
    pub const fn decision(self) -> bool {
        self.flags & Self::DECISION != 0
    }

    /// Whether requests that enter here must open a [`Scope`](crate::Scope).
    #[inline]
    #[must_use]
    pub const fn scope(self) -> bool {
        self.flags & Self::SCOPE != 0
    }

    /// Whether a condition judges the outcomes of this site.
    #[inline]
    #[must_use]
    pub const fn outcome(self) -> bool {
        self.flags & Self::OUTCOME != 0
    }
}

#[cfg(not(feature = "inject"))]
#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::must_use_candidate)]
impl Needs {
    #[inline(always)]
    pub fn arm<T>(self, _value: T) -> Armed<T> {
        match self.never {}
    }

    #[inline(always)]
    pub const fn decision(self) -> bool {
        match self.never {}
    }

    #[inline(always)]
    pub const fn scope(self) -> bool {
        match self.never {}
    }

    #[inline(always)]
    pub const fn outcome(self) -> bool {
        match self.never {}
    }
}
