//! What the storefront can be asked for.

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
use crate::catalogue::{Catalogue, Shelf};
use crate::checkout::Checkout;
use crate::orders::Order;
use crate::problem::Problem;

/// What is behind the API.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) catalogue: Catalogue,
    pub(crate) checkout: Checkout,
    pub(crate) bug: Option<Bug>,
}

pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/products", get(browse))
        .route("/checkout", post(checkout))
        .route("/orders/{key}", get(order))
        .route("/health", get(health))
        .with_state(shop)
}

async fn browse(State(shop): State<Arc<Shop>>) -> Json<Shelf> {
    Json(shop.catalogue.browse(&shop.checkout.orders).await)
}

#[derive(Debug, Deserialize)]
struct Wish {
    product: String,
}

async fn checkout(
    State(shop): State<Arc<Shop>>,
    Key(key): Key,
    Json(wish): Json<Wish>,
) -> Result<Response, Problem> {
    match shop.checkout.buy(&key, &wish.product).await {
        Ok(order) => Ok((StatusCode::CREATED, shown(&order)).into_response()),
        Err(Problem::PaymentsDown) if shop.bug == Some(Bug::WrongStatus) => {
            Ok((StatusCode::OK, Json(json!({ "key": key }))).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn order(
    State(shop): State<Arc<Shop>>,
    Path(key): Path<String>,
) -> Result<Json<Value>, Problem> {
    let order = shop.checkout.orders.find(&key).await?;
    order.map(|order| shown(&order)).ok_or(Problem::NoSuchOrder)
}

async fn health(State(shop): State<Arc<Shop>>) -> Result<&'static str, Problem> {
    shop.checkout.orders.health().await?;
    Ok("fine")
}

fn shown(order: &Order) -> Json<Value> {
    let status = if order.is_paid { "paid" } else { "pending" };
    Json(json!({
        "key": order.key,
        "product": order.product,
        "price": order.price,
        "status": status,
    }))
}

/// What a panic in a handler is told as.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::Panicked.into_response()
}

/// What tells one order from another; whoever asks twice with the same key means the same order.
struct Key(String);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts
            .headers
            .get("idempotency-key")
            .and_then(|key| key.to_str().ok());
        let makes_sense = |key: &&str| {
            (1..=64).contains(&key.len())
                && key
                    .bytes()
                    .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
        };
        key.filter(makes_sense)
            .map(|key| Self(key.to_owned()))
            .ok_or(Problem::NoKey)
    }
}
