//! The service: its parts put together, and its operations for tests.

use std::convert::Infallible;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use axum::response::IntoResponse;
use chaos_tower::{ChaosLayer, ChaosListener, ChaosManager, Connection, reqwest::ChaosMiddleware};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::{self, AppState};
use crate::books::Books;
use crate::catalogue::Catalogue;
use crate::checkout::Checkout;
use crate::database::Database;
use crate::orders::Orders;
use crate::payment_client::PaymentClient;
use crate::problem::Problem;
use crate::{BoxError, CircuitState, PaymentService, Reply, Settings};

/// A storefront, with its database and its payment service.
#[derive(Debug)]
pub struct Storefront {
    router: Router,
    state: Arc<AppState>,
    payments: PaymentService,
    reconcile_interval: Duration,
}

impl Storefront {
    /// Starts a storefront.
    ///
    /// # Errors
    ///
    /// When the database can't be opened, or no port is free for the payment service.
    pub async fn start(chaos: &ChaosManager, settings: Settings) -> Result<Self, BoxError> {
        let payments = PaymentService::start(settings.bank_latency).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let http = reqwest_middleware::ClientBuilder::new(http)
            .with(ChaosMiddleware::new(chaos, "payments"))
            .build();
        let client = PaymentClient::new(http, &payments.url(), &settings);
        let database = Database::open(chaos, &settings).await?;
        let orders = Orders::new(database, &settings);
        let state = Arc::new(AppState {
            books: Books::new(payments.statements()),
            catalogue: Catalogue::new(&settings),
            checkout: Checkout::new(orders, client, &settings),
            bug: settings.bug,
        });
        let router = api::routes(Arc::clone(&state))
            .layer(ChaosLayer::server(chaos, "storefront"))
            .layer(CatchPanicLayer::custom(api::panicked));
        Ok(Self {
            router,
            state,
            payments,
            reconcile_interval: settings.reconcile_interval,
        })
    }

    /// Serves requests until `stop` resolves, then finishes those in progress.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn serve(
        &self,
        listener: ChaosListener<TcpListener>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let app = self.router.clone();
        let app = app.into_make_service_with_connect_info::<Connection>();
        tokio::select! {
            served = axum::serve(listener, app).with_graceful_shutdown(stop).into_future() => served,
            never = self.reconcile_periodically() => match never {},
        }
    }

    async fn reconcile_periodically(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.reconcile_interval).await;
            match self.state.checkout.reconcile().await {
                Ok(paid) => tracing::debug!(paid, "reconciled unpaid orders"),
                Err(problem) => tracing::warn!(?problem, "some orders are still unpaid"),
            }
        }
    }

    /// Returns the payment service.
    pub fn payments(&self) -> &PaymentService {
        &self.payments
    }

    /// Returns the state of the circuit breaker in front of the payment service.
    pub fn circuit(&self) -> CircuitState {
        self.state.checkout.payments.circuit()
    }

    /// Returns how many more charges can be made concurrently.
    pub fn available_permits(&self) -> usize {
        self.state.checkout.payments.available_permits()
    }

    /// Requests `/products`, `/health`, `/orders/{key}` or `/books/{rule}`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path), path, "").await
    }

    /// Buys a lamp; idempotent for each key.
    pub async fn checkout(&self, key: &str) -> Reply {
        let body = r#"{"product":"lamp"}"#;
        self.send(Request::post("/checkout"), key, body).await
    }

    /// Retries unpaid orders, as the service does periodically, and returns how many of them are paid now.
    ///
    /// # Errors
    ///
    /// The reply that a customer would get, when the database or the payment service fails.
    pub async fn reconcile(&self) -> Result<usize, Reply> {
        match self.state.checkout.reconcile().await {
            Ok(paid) => Ok(paid),
            Err(problem) => Err(Reply::read(problem.into_response()).await),
        }
    }

    async fn send(&self, request: Builder, key: &str, body: &'static str) -> Reply {
        let request = request
            .header("x-request-id", key)
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(Body::from(body));
        let response = match request {
            Ok(request) => self.router.clone().oneshot(request).await,
            Err(_) => Ok(Problem::NO_KEY.into_response()),
        };
        match response {
            Ok(response) => Reply::read(response).await,
            Err(never) => match never {},
        }
    }
}
