//! The payments service that the storefront calls: another service of the same company, in its own process mostly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use tokio::net::TcpListener;

/// A payments service on a port of its own, for as long as its runtime lives.
#[derive(Debug, Clone)]
pub struct Payments {
    address: SocketAddr,
    charges: Arc<AtomicU32>,
}

impl Payments {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When there is no port to be had.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let payments = Self {
            address: listener.local_addr()?,
            charges: Arc::default(),
        };
        let app = Router::new()
            .route("/charge", post(charge))
            .with_state(Arc::clone(&payments.charges));
        tokio::spawn(async { axum::serve(listener, app).await });
        Ok(payments)
    }

    /// Where it is to be found.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often a customer was charged.
    #[must_use]
    pub fn charges(&self) -> u32 {
        self.charges.load(Ordering::Relaxed)
    }
}

async fn charge(State(charges): State<Arc<AtomicU32>>) -> &'static str {
    charges.fetch_add(1, Ordering::Relaxed);
    "charged"
}
