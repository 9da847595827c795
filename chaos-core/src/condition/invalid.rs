//! The error of an invalid condition.

/// The problem of an invalid [`Condition`](crate::Condition).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCondition {
    /// A name is empty.
    #[error("expected a name, found an empty string")]
    NoName {
        /// The key of the problem.
        key: &'static str,
    },
    /// A number or a time is zero.
    #[error("expected more than zero")]
    Zero {
        /// The key of the problem.
        key: &'static str,
    },
    /// The error rate is 100 %, which no rate exceeds.
    #[error("expected an error rate below 100%, found 100%: no rate is above it")]
    NeverAbove,
    /// The quantile is zero.
    #[error("expected a quantile above p0")]
    NoQuantile,
    /// A key does not apply to the criterion.
    #[error("`{key}` does not apply to `{criterion}`")]
    Misplaced {
        /// The key of the problem.
        key: &'static str,
        /// The criterion of the condition.
        criterion: &'static str,
    },
}

impl InvalidCondition {
    /// The key of the problem, as written in files.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoName { key } | Self::Zero { key } | Self::Misplaced { key, .. } => key,
            Self::NeverAbove => "error_rate",
            Self::NoQuantile => "latency",
        }
    }
}
