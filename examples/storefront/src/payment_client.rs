//! The client of the payment service.

use std::time::Duration;

use backon::Retryable;
use reqwest_middleware::ClientWithMiddleware;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::circuit_breaker::CircuitBreaker;
use crate::problem::Problem;
use crate::{Bug, CircuitState, Settings, retry};

/// Charges customers, with a timeout, retries under one idempotency key, and a circuit breaker.
#[derive(Debug)]
pub(crate) struct PaymentClient {
    http: ClientWithMiddleware,
    url: String,
    timeout: Duration,
    attempts: usize,
    permits: Semaphore,
    breaker: CircuitBreaker,
    bug: Option<Bug>,
}

/// Why a charge did not succeed; unless rejected, it may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChargeError {
    /// The payment service was too slow, broke off or reported an error.
    Failed,
    /// The payment service will not accept this charge.
    Rejected,
    /// The circuit breaker is open.
    CircuitOpen,
}

impl PaymentClient {
    pub(crate) fn new(http: ClientWithMiddleware, service: &str, settings: &Settings) -> Self {
        Self {
            http,
            url: format!("{service}/charges"),
            timeout: settings.payment_timeout,
            attempts: settings.payment_attempts,
            permits: Semaphore::new(settings.concurrent_payments),
            breaker: CircuitBreaker::new(settings.failures_to_open, settings.open_for),
            bug: settings.bug,
        }
    }

    pub(crate) fn circuit(&self) -> CircuitState {
        self.breaker.state()
    }

    pub(crate) fn available_permits(&self) -> usize {
        self.permits.available_permits()
    }

    /// Charges the price of an order; idempotent.
    pub(crate) async fn charge(&self, order: &str, price: i64) -> Result<(), ChargeError> {
        let is_unbounded = self.bug == Some(Bug::UnboundedRetry);
        let backoff = if is_unbounded {
            retry::backoff(order).without_max_times()
        } else {
            retry::backoff(order).with_max_times(self.attempts.saturating_sub(1))
        };
        (|| self.attempt(order, price))
            .retry(backoff)
            .when(|error| is_unbounded || *error == ChargeError::Failed)
            .await
    }

    async fn attempt(&self, order: &str, price: i64) -> Result<(), ChargeError> {
        if !self.breaker.try_admit() {
            return Err(ChargeError::CircuitOpen);
        }
        let call = self.post_with_permit(order, price);
        let result = if self.bug == Some(Bug::NoTimeout) {
            call.await
        } else {
            let limited = timeout(self.timeout, call).await;
            limited.unwrap_or(Err(ChargeError::Failed))
        };
        match result {
            Err(ChargeError::Failed) => self.breaker.record_failure(),
            _ => self.breaker.record_success(),
        }
        result
    }

    async fn post_with_permit(&self, order: &str, price: i64) -> Result<(), ChargeError> {
        let Ok(permit) = self.permits.acquire().await else {
            return Err(ChargeError::Rejected);
        };
        if self.bug == Some(Bug::LeakedPermit) {
            permit.forget();
            let result = self.post(order, price).await;
            self.permits.add_permits(1);
            return result;
        }
        self.post(order, price).await
    }

    async fn post(&self, order: &str, price: i64) -> Result<(), ChargeError> {
        let charge = json!({ "order": order, "price": price });
        let mut request = self.http.post(&self.url).json(&charge);
        if self.bug != Some(Bug::ChargeWithoutKey) {
            request = request.header("idempotency-key", order);
        }
        let reply = request.send().await.map_err(|error| {
            tracing::warn!(%error, order, "the payment service failed");
            ChargeError::Failed
        })?;
        match reply.status() {
            status if status.is_success() => Ok(()),
            status if status.is_client_error() && status != 429 => Err(ChargeError::Rejected),
            _ => Err(ChargeError::Failed),
        }
    }
}

impl From<ChargeError> for Problem {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Failed | ChargeError::CircuitOpen => Self::PAYMENTS_DOWN,
            ChargeError::Rejected => Self::PAYMENT_REJECTED,
        }
    }
}
