//! The service, put together.

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

use crate::api::{self, Shop};
use crate::catalogue::Catalogue;
use crate::charging::Charging;
use crate::checkout::Checkout;
use crate::database::Database;
use crate::orders::Orders;
use crate::payments::Payments;
use crate::problem::Problem;
use crate::{BoxError, Circuit, Reply, Settings};

/// A storefront with a database and a payments service of its own.
#[derive(Debug)]
pub struct Storefront {
    router: Router,
    shop: Arc<Shop>,
    payments: Payments,
    reconcile_every: Duration,
}

impl Storefront {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When the database can't be opened, or there is no port for the payments service.
    pub async fn start(chaos: &ChaosManager, settings: Settings) -> Result<Self, BoxError> {
        let payments = Payments::start(settings.bank_takes).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let http = reqwest_middleware::ClientBuilder::new(http)
            .with(ChaosMiddleware::new(chaos, "payments"))
            .build();
        let charging = Charging::new(http, &payments.url(), &settings);
        let database = Database::open(chaos, &settings).await?;
        let orders = Orders::new(database, &settings);
        let shop = Arc::new(Shop {
            catalogue: Catalogue::new(&settings),
            checkout: Checkout::new(orders, charging, &settings),
            bug: settings.bug,
        });
        let router = api::routes(Arc::clone(&shop))
            .layer(ChaosLayer::server(chaos, "storefront"))
            .layer(CatchPanicLayer::custom(api::panicked));
        Ok(Self {
            router,
            shop,
            payments,
            reconcile_every: settings.reconcile_every,
        })
    }

    /// Serves it until `stop`, then finishes what was begun.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn serve(
        &self,
        listener: ChaosListener<TcpListener>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let app = self.router();
        let app = app.into_make_service_with_connect_info::<Connection>();
        tokio::select! {
            served = axum::serve(listener, app).with_graceful_shutdown(stop).into_future() => served,
            never = self.keep_reconciling() => match never {},
        }
    }

    async fn keep_reconciling(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.reconcile_every).await;
            match self.shop.checkout.reconcile().await {
                Ok(paid) => tracing::debug!(paid, "orders that were left unpaid"),
                Err(problem) => tracing::warn!(?problem, "orders are left unpaid"),
            }
        }
    }

    /// What is served.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The payments service that it calls.
    #[must_use]
    pub fn payments(&self) -> &Payments {
        &self.payments
    }

    /// What the breaker in front of payments does.
    #[must_use]
    pub fn circuit(&self) -> Circuit {
        self.shop.checkout.charging.circuit()
    }

    /// How many more charges could be under way now.
    #[must_use]
    pub fn free_permits(&self) -> usize {
        self.shop.checkout.charging.free_permits()
    }

    /// Looks at the catalogue.
    pub async fn browse(&self) -> Reply {
        self.ask(Request::get("/products"), "browse", Body::empty())
            .await
    }

    /// Buys a lamp; with the same key, the same lamp.
    pub async fn checkout(&self, key: &str) -> Reply {
        let wish = Body::from(r#"{"product":"lamp"}"#);
        self.ask(Request::post("/checkout"), key, wish).await
    }

    /// Asks what became of an order.
    pub async fn order(&self, key: &str) -> Reply {
        self.ask(Request::get(format!("/orders/{key}")), key, Body::empty())
            .await
    }

    /// Asks whether it is well, and its database.
    pub async fn health(&self) -> Reply {
        self.ask(Request::get("/health"), "health", Body::empty())
            .await
    }

    /// Goes on with orders that were left unpaid, as it does by itself while it is served; says how many of them are paid now.
    ///
    /// # Errors
    ///
    /// With what customers are told, when the database or payments fail.
    pub async fn reconcile(&self) -> Result<usize, Reply> {
        match self.shop.checkout.reconcile().await {
            Ok(paid) => Ok(paid),
            Err(problem) => Err(Reply::of(problem.into_response()).await),
        }
    }

    /// Closes all connections to the database, and waits until they are.
    pub async fn close(&self) {
        self.shop.checkout.orders.close().await;
    }

    async fn ask(&self, request: Builder, key: &str, body: Body) -> Reply {
        let request = request
            .header("x-request-id", key)
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(body);
        let response = match request {
            Ok(request) => self.router().oneshot(request).await,
            Err(_) => Ok(Problem::NoKey.into_response()),
        };
        match response {
            Ok(response) => Reply::of(response).await,
            Err(never) => match never {},
        }
    }
}
