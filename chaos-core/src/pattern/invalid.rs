//! Why a pattern is refused.

/// Why a [`Pattern`](crate::Pattern) is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// No operation would ever be broken.
    #[error("expected a pattern that breaks at least one operation")]
    NeverStrikes,
    /// Every zeroth operation does not exist.
    #[error("expected a count of at least 1, found 0")]
    EveryZeroth,
    /// A burst breaks some operations and lets others pass.
    #[error("expected `hit` and `pass` of at least 1, found 0")]
    EmptyBurst,
    /// A sequence has steps.
    #[error("expected at least one step, found an empty list")]
    NoSteps,
    /// A ramp takes some operations.
    #[error("expected a ramp over at least 1 operation, found 0")]
    EmptyRamp,
}
