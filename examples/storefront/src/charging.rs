//! Charging customers at the payments service.

use std::time::Duration;

use backon::Retryable;
use reqwest_middleware::ClientWithMiddleware;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::breaker::Breaker;
use crate::{Bug, Circuit, Settings, retry};

/// Charges customers: in time, once, and not while payments are known to be down.
#[derive(Debug)]
pub(crate) struct Charging {
    http: ClientWithMiddleware,
    url: String,
    limit: Duration,
    attempts: usize,
    permits: Semaphore,
    breaker: Breaker,
    bug: Option<Bug>,
}

/// Why a customer was not charged, so far as anybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCharged {
    /// Payments were too slow, broke off or are not well.
    Failed,
    /// Payments don't want to, and never will.
    Rejected,
    /// They were not asked, because they failed too often.
    CircuitOpen,
}

impl Charging {
    pub(crate) fn new(http: ClientWithMiddleware, payments: &str, settings: &Settings) -> Self {
        Self {
            http,
            url: format!("{payments}/charges"),
            limit: settings.payments_timeout,
            attempts: settings.payments_attempts,
            permits: Semaphore::new(settings.payments_at_once),
            breaker: Breaker::new(settings.circuit_opens_after, settings.circuit_open_for),
            bug: settings.bug,
        }
    }

    pub(crate) fn circuit(&self) -> Circuit {
        self.breaker.circuit()
    }

    pub(crate) fn free_permits(&self) -> usize {
        self.permits.available_permits()
    }

    /// Charges the price of an order, no matter how often it is asked to.
    pub(crate) async fn charge(&self, order: &str, price: i64) -> Result<(), NotCharged> {
        let pauses = match self.bug {
            Some(Bug::UnboundedRetry) => retry::pauses(order).without_max_times(),
            _ => retry::pauses(order).with_max_times(self.attempts.saturating_sub(1)),
        };
        let worth_it = |why: &NotCharged| match self.bug {
            Some(Bug::UnboundedRetry) => true,
            _ => *why == NotCharged::Failed,
        };
        (|| self.attempt(order, price))
            .retry(pauses)
            .when(worth_it)
            .await
    }

    async fn attempt(&self, order: &str, price: i64) -> Result<(), NotCharged> {
        if !self.breaker.lets_through() {
            return Err(NotCharged::CircuitOpen);
        }
        let call = self.call(order, price);
        let charged = match self.bug {
            Some(Bug::NoTimeout) => call.await,
            _ => timeout(self.limit, call)
                .await
                .unwrap_or(Err(NotCharged::Failed)),
        };
        match charged {
            Err(NotCharged::Failed) => self.breaker.failed(),
            _ => self.breaker.succeeded(),
        }
        charged
    }

    /// Calls under a permit, which it gives back whether it ends or is dropped.
    async fn call(&self, order: &str, price: i64) -> Result<(), NotCharged> {
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| NotCharged::Rejected)?;
        if self.bug == Some(Bug::LeakedPermit) {
            permit.forget();
            let charged = self.post(order, price).await;
            self.permits.add_permits(1);
            return charged;
        }
        self.post(order, price).await
    }

    async fn post(&self, order: &str, price: i64) -> Result<(), NotCharged> {
        let mut request = self
            .http
            .post(&self.url)
            .json(&json!({ "order": order, "price": price }));
        if self.bug != Some(Bug::ChargeWithoutKey) {
            request = request.header("idempotency-key", order);
        }
        let reply = request.send().await.map_err(|error| {
            tracing::warn!(%error, order, "payments failed");
            NotCharged::Failed
        })?;
        match reply.status() {
            status if status.is_success() => Ok(()),
            status if status.is_client_error() && status != 429 => Err(NotCharged::Rejected),
            _ => Err(NotCharged::Failed),
        }
    }
}
