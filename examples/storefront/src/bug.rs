//! The mistakes that services are known to make, each to be switched on.

/// A mistake that the storefront makes if told to: each undoes one thing that is done well, at the place where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bug {
    /// A charge is tried again without the key that would tell payments that it is the same one.
    ChargeWithoutKey,
    /// Payments are waited for as long as they like.
    NoTimeout,
    /// A transaction that is left early is not rolled back, and goes back to the pool with its connection.
    LostRollback,
    /// What is shown for want of the catalogue is kept as if it were the catalogue.
    CachedError,
    /// That a commit failed is told to nobody.
    SwallowedCommit,
    /// What fails is tried again without an end.
    UnboundedRetry,
    /// The customer is charged before the order is written, so that a failure between leaves a charge for nothing.
    ChargeBeforeOrder,
    /// The fallback reckons with a cache that was filled.
    PanickingFallback,
    /// A permit is given back by hand, which who is cancelled does not do.
    LeakedPermit,
    /// An order that could not be paid is told as a success.
    WrongStatus,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ChargeWithoutKey,
        Self::NoTimeout,
        Self::LostRollback,
        Self::CachedError,
        Self::SwallowedCommit,
        Self::UnboundedRetry,
        Self::ChargeBeforeOrder,
        Self::PanickingFallback,
        Self::LeakedPermit,
        Self::WrongStatus,
    ];
}
