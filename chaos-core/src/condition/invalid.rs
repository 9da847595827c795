//! Why a condition is refused.

/// Why a [`Condition`](crate::Condition) is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCondition {
    /// A name is empty.
    #[error("expected a name, found an empty text")]
    NoName {
        /// The key that is wrong.
        key: &'static str,
    },
    /// A number or a time is zero.
    #[error("expected more than zero")]
    Zero {
        /// The key that is wrong.
        key: &'static str,
    },
    /// An error rate cannot rise above everything.
    #[error("expected an error rate below 100%, found 100%: no rate is above it")]
    NeverAbove,
    /// No latency is judged by the quantile zero.
    #[error("expected a quantile above p0")]
    NoQuantile,
    /// A key has no meaning for this criterion.
    #[error("`{key}` does not go with `{criterion}`")]
    Misplaced {
        /// The key that is wrong.
        key: &'static str,
        /// The criterion of the condition.
        criterion: &'static str,
    },
}

impl InvalidCondition {
    /// The key that is wrong, as written in files.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoName { key } | Self::Zero { key } | Self::Misplaced { key, .. } => key,
            Self::NeverAbove => "error_rate",
            Self::NoQuantile => "latency",
        }
    }
}
