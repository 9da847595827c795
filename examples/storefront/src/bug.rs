//! Common mistakes of services, each of which can be switched on.

use std::str::FromStr;

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

    /// Its name, such as `no-timeout`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChargeWithoutKey => "charge-without-key",
            Self::NoTimeout => "no-timeout",
            Self::LostRollback => "lost-rollback",
            Self::CachedError => "cached-error",
            Self::SwallowedCommit => "swallowed-commit",
            Self::UnboundedRetry => "unbounded-retry",
            Self::ChargeBeforeOrder => "charge-before-order",
            Self::PanickingFallback => "panicking-fallback",
            Self::LeakedPermit => "leaked-permit",
            Self::WrongStatus => "wrong-status",
        }
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|bug| bug.name() == name);
        found.ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}
