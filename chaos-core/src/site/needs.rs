//! The flag word that is read when nothing concerns a site.

use crate::compiled::{Armed, CompiledIn, compiled_in};

/// What running experiments want of a site right now; there is no such value while nothing concerns it.
///
/// In a build without injection there never is one, so whatever an adapter keeps beside it vanishes too.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    flags: u32,
    compiled_in: CompiledIn,
}

impl Needs {
    pub(crate) const DECISION: u32 = 1;
    pub(crate) const SCOPE: u32 = 2;
    pub(crate) const OUTCOME: u32 = 4;

    #[inline(always)]
    pub(crate) fn of(flags: impl FnOnce() -> u32) -> Option<Self> {
        let compiled_in = compiled_in()?;
        let flags = flags();
        (flags != 0).then_some(Self { flags, compiled_in })
    }

    /// Keeps what goes with an operation that something concerns.
    #[inline]
    pub fn arm<T>(self, value: T) -> Armed<T> {
        Armed::new(value, self.compiled_in)
    }

    /// True when operations here must be decided on.
    #[inline]
    #[must_use]
    pub const fn decision(self) -> bool {
        self.flags & Self::DECISION != 0
    }

    /// True when requests that enter here must open a [`Scope`](crate::Scope).
    #[inline]
    #[must_use]
    pub const fn scope(self) -> bool {
        self.flags & Self::SCOPE != 0
    }

    /// True when a condition judges the outcomes of this site.
    #[inline]
    #[must_use]
    pub const fn outcome(self) -> bool {
        self.flags & Self::OUTCOME != 0
    }
}

impl PartialEq for Needs {
    fn eq(&self, other: &Self) -> bool {
        self.flags == other.flags
    }
}

impl Eq for Needs {}
