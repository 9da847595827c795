//! The HTTP API.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Bug;
use crate::books::Books;
use crate::catalogue::{Catalogue, Listing};
use crate::checkout::Checkout;
use crate::orders::Order;
use crate::problem::Problem;

/// What the handlers use.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) books: Books,
    pub(crate) catalogue: Catalogue,
    pub(crate) checkout: Checkout,
    pub(crate) bug: Option<Bug>,
}

type App = State<Arc<AppState>>;

pub(crate) fn routes(state: Arc<AppState>) -> Router {
    Router::new()
        .route("/products", get(products))
        .route("/checkout", post(checkout))
        .route("/orders/{key}", get(order))
        .route("/health", get(health))
        .route("/books/{rule}", get(books))
        .with_state(state)
}

async fn products(State(app): App) -> Json<Listing> {
    Json(app.catalogue.list(&app.checkout.orders).await)
}

#[derive(Debug, Deserialize)]
struct CheckoutRequest {
    product: String,
}

async fn checkout(
    State(app): App,
    IdempotencyKey(key): IdempotencyKey,
    Json(request): Json<CheckoutRequest>,
) -> Result<Response, Problem> {
    let reply = match app.checkout.buy(&key, &request.product).await {
        Ok(order) => (StatusCode::CREATED, render(&order)).into_response(),
        Err(Problem::PAYMENTS_DOWN) if app.bug == Some(Bug::WrongStatus) => {
            (StatusCode::OK, Json(json!({ "key": key }))).into_response()
        }
        Err(problem) => return Err(problem),
    };
    app.books.confirm(&key);
    Ok(reply)
}

async fn order(State(app): App, Path(key): Path<String>) -> Result<Json<Value>, Problem> {
    let order = app.checkout.orders.find(&key).await?;
    order.map_or(Err(Problem::NO_SUCH_ORDER), |order| Ok(render(&order)))
}

async fn health(State(app): App) -> Result<&'static str, Problem> {
    app.checkout.orders.health().await?;
    Ok("healthy")
}

/// Audits one rule of the business; 500 if it is broken, with the reason.
async fn books(State(app): App, Path(rule): Path<String>) -> Result<(StatusCode, String), Problem> {
    let orders = &app.checkout.orders;
    let finding = match rule.as_str() {
        "charges" => app.books.check_charges(),
        "orders" => app.books.check_orders(orders).await?,
        "receipts" => app.books.check_receipts(orders).await?,
        "catalogue" if app.catalogue.passes_off_old_products() => {
            Err("the catalogue is old and passed off as fresh".to_owned())
        }
        "catalogue" => Ok(()),
        _ => return Err(Problem::NO_SUCH_RULE),
    };
    Ok(match finding {
        Ok(()) => (StatusCode::OK, "the books are in order".to_owned()),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why),
    })
}

fn render(order: &Order) -> Json<Value> {
    Json(json!({
        "key": order.key,
        "product": order.product,
        "price": order.price,
        "status": if order.is_paid { "paid" } else { "pending" },
    }))
}

/// Returns the response of a handler that panicked.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::PANICKED.into_response()
}

/// The key of an order; a second request with the same key is about the same order.
struct IdempotencyKey(String);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let is_allowed = |byte: u8| byte == b'-' || byte.is_ascii_alphanumeric();
        let key = parts.headers.get("idempotency-key");
        key.and_then(|key| key.to_str().ok())
            .filter(|key| (1..=64).contains(&key.len()) && key.bytes().all(is_allowed))
            .map(|key| Self(key.to_owned()))
            .ok_or(Problem::NO_KEY)
    }
}
