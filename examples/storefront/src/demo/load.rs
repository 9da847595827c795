//! Customers, who come when they come, however long others have to wait.

use std::time::Duration;

use reqwest::Client;
use storefront::BoxError;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::requests::{Outcome, Requests, Wish};

/// How many requests are sent in a second: what an unoptimised build carries with ease on a slow machine.
pub(crate) const PER_SECOND: u32 = 150;

/// After which a customer goes away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends requests on schedule until it is dropped: two customers browse for each that buys.
pub(crate) async fn send(url: &str, requests: Requests) -> Result<(), BoxError> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let mut under_way = JoinSet::new();
    for number in 0.. {
        let due = requests.start + Duration::from_secs(1) * number / PER_SECOND;
        sleep_until(due).await;
        let wish = if number % 3 == 0 {
            Wish::Checkout
        } else {
            Wish::Browse
        };
        requests.begin(wish, due);
        let asked = ask(client.clone(), url.to_owned(), wish, number);
        let requests = requests.clone();
        under_way.spawn(async move {
            let outcome = asked.await;
            requests.end(number as usize, outcome);
        });
        while under_way.try_join_next().is_some() {}
    }
    Ok(())
}

async fn ask(client: Client, url: String, wish: Wish, number: u32) -> Outcome {
    let request = match wish {
        Wish::Browse => client.get(format!("{url}/products")),
        Wish::Checkout => client
            .post(format!("{url}/checkout"))
            .header("idempotency-key", format!("order-{number}"))
            .json(&serde_json::json!({ "product": "lamp" })),
    };
    let reply = request.header("x-request-id", id(number)).send().await;
    let body = match reply.and_then(reqwest::Response::error_for_status) {
        Ok(reply) => reply.bytes().await,
        Err(error) => Err(error),
    };
    if body.is_ok() {
        Outcome::Served
    } else {
        Outcome::Failed
    }
}

fn id(number: u32) -> String {
    format!("request-{number}")
}

/// Which request has this id, if it is one of ours.
pub(crate) fn number(id: &str) -> Option<usize> {
    id.strip_prefix("request-")?.parse().ok()
}
