//! Common mistakes of services, each of which can be switched on.

/// A mistake that the storefront makes on request, at the place where it would normally do better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bug {
    /// A retried charge has no idempotency key, so the payment service takes it for a new one.
    ChargeWithoutKey,
    /// A call to the payment service has no timeout.
    NoTimeout,
    /// After an error, a transaction returns to the pool with its connection, without a rollback.
    LostRollback,
    /// The fallback for an unavailable catalogue is cached as if it were the catalogue.
    CachedError,
    /// The error of a failed commit is ignored.
    SwallowedCommit,
    /// Retries have no limit.
    UnboundedRetry,
    /// The customer is charged before the order is stored, so a failure in between leaves a charge without an order.
    ChargeBeforeOrder,
    /// The fallback panics unless the cache is filled.
    PanickingFallback,
    /// A permit is released by hand, which a cancelled call does not reach.
    LeakedPermit,
    /// An unpaid order is reported as a success.
    WrongStatus,
}

impl Bug {
    /// All mistakes.
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
