//! A limit and its usage.

/// A limit and its usage, in the unit of the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pressure) struct Bound {
    pub(in crate::pressure) name: String,
    pub(in crate::pressure) limit: u64,
    pub(in crate::pressure) used: u64,
}
