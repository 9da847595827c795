//! Patterns: which of the eligible operations are struck.

mod invalid;
mod serde;
mod shape;

use std::num::{NonZeroU32, NonZeroU64};

use ::serde::{Deserialize, Serialize};

pub use invalid::InvalidPattern;
use shape::{Burst, Ramp, Shape};
pub use shape::{Step, Then};

use crate::Rate;

/// Chooses which of the eligible operations are struck, by their order.
///
/// ```
/// use chaos_core::Pattern;
///
/// let retried = Pattern::fail_then_succeed(2).per_request();
/// let every_third_after_ten = Pattern::every(3)?.skip(10);
/// # Ok::<(), chaos_core::error::InvalidPattern>(())
/// ```
///
/// An operation takes its turn when the decision is made, even if a cap or another experiment's failure then prevents
/// the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Pattern {
    shape: Shape,
    skip: u64,
    per: Per,
}

/// The operations that a [`Pattern`] counts together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Per {
    /// All eligible operations.
    #[default]
    Operation,
    /// The eligible operations of each request separately.
    Request,
}

impl Pattern {
    /// Strikes all operations.
    pub fn all() -> Self {
        Shape::All.into()
    }

    /// Strikes all operations after the first `n`.
    pub fn after(n: u64) -> Self {
        Self::all().skip(n)
    }

    /// Strikes the first `n` operations.
    pub fn first(n: u64) -> Self {
        Shape::First(n).into()
    }

    /// Fails the first `n` operations and lets the others succeed, which retries should survive.
    pub fn fail_then_succeed(n: u64) -> Self {
        Self::first(n)
    }

    /// Strikes every `nth` operation: with 3, the third, the sixth, and so on.
    ///
    /// # Errors
    ///
    /// When `nth` is zero.
    pub fn every(nth: u64) -> Result<Self, InvalidPattern> {
        NonZeroU64::new(nth)
            .map(|nth| Shape::Every(nth).into())
            .ok_or(InvalidPattern::EveryZeroth)
    }

    /// Strikes `hit` operations in a row, lets `pass` operations pass, and starts again.
    ///
    /// # Errors
    ///
    /// When `hit` or `pass` is zero.
    pub fn burst(hit: u32, pass: u32) -> Result<Self, InvalidPattern> {
        NonZeroU32::new(hit)
            .zip(NonZeroU32::new(pass))
            .map(|(hit, pass)| Shape::Burst(Burst { hit, pass }).into())
            .ok_or(InvalidPattern::EmptyBurst)
    }

    /// Follows `steps` one by one, and then continues with `then`.
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

    /// Changes linearly from one rate to another over a number of operations, and stays there.
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

    /// Counts the operations of each request separately.
    pub fn per_request(mut self) -> Self {
        self.per = Per::Request;
        self
    }

    /// The operations that it counts together.
    #[must_use]
    pub fn per(&self) -> Per {
        self.per
    }

    /// Checks that the pattern can strike.
    ///
    /// # Errors
    ///
    /// When it can strike no operation.
    pub fn check(&self) -> Result<(), InvalidPattern> {
        if self.shape.can_strike() {
            Ok(())
        } else {
            Err(InvalidPattern::NeverStrikes)
        }
    }

    /// Whether it strikes operation `n`, counted from zero; `draw` decides about rates.
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
