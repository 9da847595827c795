//! Why a blast radius is refused.

use crate::error::InvalidTag;

/// Why a [`BlastRadius`](crate::BlastRadius) is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBlastRadius {
    /// A service has no name.
    #[error("expected the name of a service, found an empty text")]
    NoServiceName {
        /// The key that selects, such as `calls_to`.
        key: &'static str,
    },
    /// The list of services is empty.
    #[error("expected at least one service, found an empty list")]
    NoServices,
    /// Everything was selected without a reason.
    #[error("expected the reason for selecting everything, found an empty text")]
    NoReason,
    /// The operation is empty.
    #[error("expected an operation such as \"POST /charge/*\", found an empty text")]
    NoOperation,
    /// An attribute has no name, or no value to match.
    #[error("expected an attribute with a name and a value, found {name:?}")]
    EmptyAttribute {
        /// The name that was given.
        name: String,
    },
    /// A tag is not one.
    #[error(transparent)]
    Tag(#[from] InvalidTag),
    /// A bound lets nothing happen.
    #[error("expected at least 1, found 0")]
    Zero {
        /// The key of the bound, such as `at_most`.
        key: &'static str,
    },
}

impl InvalidBlastRadius {
    /// The key that is wrong, as written in files.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoServiceName { key } | Self::Zero { key } => key,
            Self::NoServices => "services",
            Self::NoReason => "everything",
            Self::NoOperation => "operation",
            Self::EmptyAttribute { .. } => "attributes",
            Self::Tag(_) => "tagged",
        }
    }
}
