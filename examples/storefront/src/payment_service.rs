//! The payment service that the storefront calls; in reality, a service of another team.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// A payment service on a local port, until dropped.
#[derive(Debug)]
pub struct PaymentService {
    address: SocketAddr,
    ledger: SharedLedger,
    server: AbortHandle,
}

#[derive(Debug, Default)]
struct Ledger {
    charges_per_order: HashMap<String, usize>,
    idempotency_keys: HashSet<String>,
    unstated: Vec<(Instant, String)>,
}

type SharedLedger = Arc<Mutex<Ledger>>;

/// The statements that the bank sends to the shop.
#[derive(Debug)]
pub(crate) struct Statements(SharedLedger);

/// The charges since the last statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// The order of each charge, with its time.
    pub(crate) charges: Vec<(Instant, String)>,
    /// An order that was charged more than once, now or earlier.
    pub(crate) charged_twice: Option<String>,
}

impl Statements {
    pub(crate) fn next(&self) -> Statement {
        let mut ledger = lock(&self.0);
        let twice = ledger
            .charges_per_order
            .iter()
            .find(|(_, count)| **count > 1);
        Statement {
            charged_twice: twice.map(|(order, _)| order.clone()),
            charges: std::mem::take(&mut ledger.unstated),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Charge {
    order: String,
}

impl PaymentService {
    /// Starts a service whose bank has this latency.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(bank_latency: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let ledger = SharedLedger::default();
        let app = Router::new()
            .route("/charges", post(charge))
            .with_state((Arc::clone(&ledger), bank_latency));
        let server = tokio::spawn(async { axum::serve(listener, app).await }).abort_handle();
        Ok(Self {
            address,
            ledger,
            server,
        })
    }

    /// Returns the URL of the service.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn statements(&self) -> Statements {
        Statements(Arc::clone(&self.ledger))
    }

    /// Returns how often an order was charged.
    pub fn charges_for(&self, order: &str) -> usize {
        let charges = &lock(&self.ledger).charges_per_order;
        charges.get(order).copied().unwrap_or_default()
    }
}

impl Drop for PaymentService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(ledger: &SharedLedger) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Charges once per idempotency key, and each time without one.
async fn charge(
    State((ledger, bank_latency)): State<(SharedLedger, Duration)>,
    headers: HeaderMap,
    Json(charge): Json<Charge>,
) -> &'static str {
    tokio::time::sleep(bank_latency).await;
    let mut ledger = lock(&ledger);
    let key = headers.get("idempotency-key");
    if let Some(key) = key.and_then(|key| key.to_str().ok())
        && !ledger.idempotency_keys.insert(key.to_owned())
    {
        return "charged before";
    }
    ledger.unstated.push((Instant::now(), charge.order.clone()));
    *ledger.charges_per_order.entry(charge.order).or_default() += 1;
    "charged"
}
