//! A limit, and what is used of it.

/// One limit, and what is used of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pressure) struct Bound {
    pub(in crate::pressure) name: String,
    pub(in crate::pressure) limit: u64,
    pub(in crate::pressure) used: u64,
}
