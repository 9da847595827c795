//! Work that goes on where a runtime can't see it, where nobody explores: there is none.

/// Work for a caller that goes on where its runtime can't see it, until this is dropped.
///
/// Only explorations want to know of it, and none is compiled in.
#[derive(Debug)]
#[must_use = "the work is over when this is dropped"]
pub struct OutsideWork(std::convert::Infallible);
