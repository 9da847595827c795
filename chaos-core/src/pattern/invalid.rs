//! The error of an invalid pattern.

/// The problem of an invalid [`Pattern`](crate::Pattern).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// It strikes no operation.
    #[error("expected a pattern that strikes at least one operation")]
    NeverStrikes,
    /// It strikes every zeroth operation.
    #[error("expected a count of at least 1, found 0")]
    EveryZeroth,
    /// A burst strikes no operation, or lets none pass.
    #[error("expected `hit` and `pass` of at least 1, found 0")]
    EmptyBurst,
    /// A sequence has no steps.
    #[error("expected at least one step, found an empty list")]
    NoSteps,
    /// A ramp covers no operations.
    #[error("expected a ramp over at least 1 operation, found 0")]
    EmptyRamp,
}
