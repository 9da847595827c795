//! The load: customers who browse and buy on schedule, however slow the replies are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Client, Response};
use storefront::BoxError;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::stats::{Kind, Outcome, Request, Stats};

/// The request rate; an unoptimised build on a slow machine sustains it.
pub(crate) const PER_SECOND: u32 = 150;

/// The patience of a customer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The requests so far, in the order in which they were due.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) start: Instant,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Load {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            requests: Arc::default(),
        }
    }

    /// Sends requests on schedule until dropped; every third customer buys.
    pub(crate) async fn send(&self, url: &str) -> Result<(), BoxError> {
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        let mut in_progress = JoinSet::new();
        for number in 0.. {
            let due = self.start + Duration::from_secs(1) * number / PER_SECOND;
            sleep_until(due).await;
            let (kind, request) = if number % 3 == 0 {
                let product = serde_json::json!({ "product": "lamp" });
                let request = client.post(format!("{url}/checkout")).json(&product);
                let key = format!("order-{number}");
                (Kind::Checkout, request.header("idempotency-key", key))
            } else {
                (Kind::Browse, client.get(format!("{url}/products")))
            };
            self.lock().push(Request::new(due, kind));
            let request = request.header("x-request-id", format!("request-{number}"));
            let load = self.clone();
            in_progress.spawn(async move {
                let body = match request.send().await.and_then(Response::error_for_status) {
                    Ok(reply) => reply.bytes().await,
                    Err(error) => Err(error),
                };
                if let Some(request) = load.lock().get_mut(number as usize) {
                    request.end(body.map_or(Outcome::Failure, |_| Outcome::Success));
                }
            });
            while in_progress.try_join_next().is_some() {}
        }
        Ok(())
    }

    /// Returns the request with this `x-request-id`.
    pub(crate) fn find(&self, id: &str) -> Option<Request> {
        let number: usize = id.strip_prefix("request-")?.parse().ok()?;
        self.lock().get(number).copied()
    }

    pub(crate) fn count_in_progress(&self) -> u64 {
        let requests = self.lock();
        let in_progress = requests.iter().filter(|one| one.outcome().is_none());
        in_progress.count() as u64
    }

    /// Returns statistics of the requests that were due in an interval.
    pub(crate) fn stats(&self, from: Instant, to: Instant) -> Stats {
        Stats::of(&self.lock(), from, to)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
