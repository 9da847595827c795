//! The payments service that the storefront calls: another service of the same company, in its own process mostly.

use std::collections::HashMap;
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

/// A payments service on a port of its own, until it is dropped.
#[derive(Debug)]
pub struct Payments {
    address: SocketAddr,
    books: Arc<Books>,
    server: AbortHandle,
}

/// What it has charged.
#[derive(Debug, Default)]
struct Books {
    bank_takes: Duration,
    charges: Mutex<Charges>,
}

#[derive(Debug, Default)]
struct Charges {
    /// How often each order was charged.
    of_orders: HashMap<String, usize>,
    /// The orders charged under each idempotency key.
    by_key: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Charge {
    order: String,
}

impl Payments {
    /// Starts one, whose bank takes so long.
    ///
    /// # Errors
    ///
    /// When there is no port to be had.
    pub async fn start(bank_takes: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let books = Arc::new(Books {
            bank_takes,
            charges: Mutex::default(),
        });
        let app = Router::new()
            .route("/charges", post(charge))
            .with_state(Arc::clone(&books));
        let server = tokio::spawn(async { axum::serve(listener, app).await }).abort_handle();
        Ok(Self {
            address,
            books,
            server,
        })
    }

    /// Where it is to be found.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often the customer of this order was charged.
    #[must_use]
    pub fn charges_for(&self, order: &str) -> usize {
        let charges = self.books.charges();
        charges.of_orders.get(order).copied().unwrap_or_default()
    }

    /// The orders whose customers were charged, and how often.
    #[must_use]
    pub fn charges(&self) -> HashMap<String, usize> {
        self.books.charges().of_orders.clone()
    }
}

impl Drop for Payments {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Books {
    fn charges(&self) -> MutexGuard<'_, Charges> {
        self.charges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Charges once for each idempotency key, and every time for those who send none.
async fn charge(
    State(books): State<Arc<Books>>,
    headers: HeaderMap,
    Json(charge): Json<Charge>,
) -> &'static str {
    tokio::time::sleep(books.bank_takes).await;
    let mut charges = books.charges();
    if let Some(key) = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
    {
        let known = charges.by_key.insert(key.to_owned(), charge.order.clone());
        if known.is_some() {
            return "charged before";
        }
    }
    *charges.of_orders.entry(charge.order).or_default() += 1;
    "charged"
}
