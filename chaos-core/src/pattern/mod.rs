//! When an experiment strikes within the traffic.

mod invalid;
mod serde;
mod shape;

use std::num::{NonZeroU32, NonZeroU64};

use ::serde::{Deserialize, Serialize};

pub use invalid::InvalidPattern;
use shape::{Burst, Ramp, Shape};
pub use shape::{Step, Then};

use crate::Rate;

/// When an experiment strikes within the traffic: which of the eligible operations, in order.
///
/// ```
/// use chaos_core::Pattern;
///
/// let retried = Pattern::fail_then_succeed(2).per_request();
/// let every_third_after_ten = Pattern::every(3)?.skip(10);
/// # Ok::<(), chaos_core::InvalidPattern>(())
/// ```
///
/// Turns are counted when operations are decided on. One that is then kept from being treated, by a cap or by
/// another experiment's failure, has spent its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Pattern {
    shape: Shape,
    skip: u64,
    per: Per,
}

/// What a [`Pattern`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Per {
    /// All eligible operations.
    #[default]
    Operation,
    /// The eligible operations of each request by themselves.
    Request,
}

impl Pattern {
    /// All operations.
    pub fn all() -> Self {
        Shape::All.into()
    }

    /// All operations after the first `n`.
    pub fn after(n: u64) -> Self {
        Self::all().skip(n)
    }

    /// The first `n` operations.
    pub fn first(n: u64) -> Self {
        Shape::First(n).into()
    }

    /// The first `n` operations fail, the others succeed: what a retry should survive.
    pub fn fail_then_succeed(n: u64) -> Self {
        Self::first(n)
    }

    /// Every `nth` operation: of three, the third, the sixth, and so on.
    ///
    /// # Errors
    ///
    /// When `nth` is zero.
    pub fn every(nth: u64) -> Result<Self, InvalidPattern> {
        NonZeroU64::new(nth)
            .map(|nth| Shape::Every(nth).into())
            .ok_or(InvalidPattern::EveryZeroth)
    }

    /// Breaks `hit` operations in a row, lets `pass` pass, and starts again.
    ///
    /// # Errors
    ///
    /// When one of them is zero.
    pub fn burst(hit: u32, pass: u32) -> Result<Self, InvalidPattern> {
        NonZeroU32::new(hit)
            .zip(NonZeroU32::new(pass))
            .map(|(hit, pass)| Shape::Burst(Burst { hit, pass }).into())
            .ok_or(InvalidPattern::EmptyBurst)
    }

    /// Step by step through `steps`, and on as `then` says.
    ///
    /// # Errors
    ///
    /// When there are no steps.
    pub fn sequence(
        steps: impl IntoIterator<Item = Step>,
        then: Then,
    ) -> Result<Self, InvalidPattern> {
        Shape::sequence(steps.into_iter().collect(), then).map(Self::from)
    }

    /// Goes evenly from one rate to another within so many operations, and stays there.
    ///
    /// # Errors
    ///
    /// When `over_operations` is zero.
    pub fn ramp(from: Rate, to: Rate, over_operations: u64) -> Result<Self, InvalidPattern> {
        NonZeroU64::new(over_operations)
            .map(|operations| {
                Self::from(Shape::Ramp(Ramp {
                    from,
                    to,
                    operations,
                }))
            })
            .ok_or(InvalidPattern::EmptyRamp)
    }

    /// Lets the first `n` operations pass before the pattern begins.
    pub fn skip(self, n: u64) -> Self {
        Self { skip: n, ..self }
    }

    /// Counts within each request by itself.
    pub fn per_request(self) -> Self {
        Self {
            per: Per::Request,
            ..self
        }
    }

    /// What it counts.
    #[must_use]
    pub fn per(&self) -> Per {
        self.per
    }

    /// Tells whether the pattern can strike at all.
    ///
    /// # Errors
    ///
    /// When no operation would ever be broken.
    pub fn check(&self) -> Result<(), InvalidPattern> {
        if self.shape.can_strike() {
            Ok(())
        } else {
            Err(InvalidPattern::NeverStrikes)
        }
    }

    /// Whether it strikes at operation `n`, counted from zero; `draw` decides where a rate does.
    pub(crate) fn admits(&self, n: u64, draw: u64) -> bool {
        n.checked_sub(self.skip)
            .is_some_and(|n| self.shape.admits(n, draw))
    }
}

impl From<Shape> for Pattern {
    fn from(shape: Shape) -> Self {
        Self {
            shape,
            skip: 0,
            per: Per::Operation,
        }
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests;
