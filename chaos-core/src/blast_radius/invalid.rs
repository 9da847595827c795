//! The error of an invalid blast radius.

use crate::error::InvalidTag;

/// The problem of an invalid [`BlastRadius`](crate::BlastRadius).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBlastRadius {
    /// A service has no name.
    #[error("expected the name of a service, found an empty string")]
    NoServiceName {
        /// The key of the selector, such as `calls_to`.
        key: &'static str,
    },
    /// The list of services is empty.
    #[error("expected at least one service, found an empty list")]
    NoServices,
    /// The operation is empty.
    #[error("expected an operation such as \"POST /charge/*\", found an empty string")]
    NoOperation,
    /// An attribute has no name, or no value to match.
    #[error("expected an attribute with a name and a value, found {name:?}")]
    EmptyAttribute {
        /// The given name.
        name: String,
    },
    /// A tag is invalid.
    #[error(transparent)]
    Tag(#[from] InvalidTag),
    /// A cap is zero.
    #[error("expected at least 1, found 0")]
    Zero {
        /// The key of the cap, such as `at_most`.
        key: &'static str,
    },
    /// A transaction rate is for databases only.
    #[error("only `queries_on` selects transactions; use `rate`")]
    NoTransactions,
}

impl InvalidBlastRadius {
    /// The key of the problem, as written in files.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoServiceName { key } | Self::Zero { key } => key,
            Self::NoServices => "services",
            Self::NoOperation => "operation",
            Self::EmptyAttribute { .. } => "attributes",
            Self::Tag(_) => "tagged",
            Self::NoTransactions => "transaction_rate",
        }
    }
}
