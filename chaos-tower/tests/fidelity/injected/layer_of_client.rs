//! Requests of clients: `ChaosLayer::client` around hyper-util's client and around reqwest's, and `reqwest::client`.

use std::sync::Arc;

use chaos_tower::reqwest::ChaosMiddleware;
use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager};
use reqwest_middleware::{ClientBuilder, Error};
use tower::{Layer, service_fn};

use super::upstream::Upstream;
use super::{Injected, requests};
use crate::observation::Observer;
use crate::table::Row;

fn to_payments() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

/// Observes a call, after one that succeeds where the fault needs it.
macro_rules! observe {
    ($row:expr, $chaos:expr, $by:ident, $service:expr) => {{
        let upstream = Upstream::serve($row.framing()).await;
        let go_on = Arc::clone(&upstream.go_on);
        let observer = Observer {
            row: $row,
            on_response: Arc::new(move || go_on.notify_one()),
        };
        let guard = requests::start($row, &$chaos, to_payments())?;
        let (service, url) = ($service, upstream.url());
        if $row.succeeds_first() {
            observer.$by(service.clone(), &url).await;
        }
        Some(Injected {
            observed: observer.$by(service, &url).await,
            times: guard.injected(),
            worked: upstream.worked(),
        })
    }};
}

pub(super) async fn around_hyper(row: Row) -> Option<Injected> {
    let chaos = ChaosManager::new();
    let service = ChaosLayer::client(&chaos, "payments").layer(Row::hyper());
    observe!(row, chaos, hyper, service)
}

pub(super) async fn requests_of_reqwest(row: Row) -> Option<Injected> {
    let chaos = ChaosManager::new();
    let client = chaos_tower::reqwest::client(&chaos, "payments", row.reqwest());
    let client = client.expect("a client");
    observe!(row, chaos, reqwest, client)
}

/// As a service, and as a middleware, which has to look the same, apart from time limits.
pub(super) async fn around_reqwest(row: Row) -> Option<Injected> {
    let client = row.reqwest().build().expect("a client");

    let chaos = ChaosManager::new();
    let service = ChaosLayer::client(&chaos, "payments").layer(client.clone());
    let by_service = async { observe!(row, chaos, reqwest, service) };

    let chaos = ChaosManager::new();
    let middleware = ChaosMiddleware::new(&chaos, "payments");
    let with_middleware = ClientBuilder::new(client).with(middleware).build();
    let service = service_fn(move |request| {
        let client = with_middleware.clone();
        async move {
            client.execute(request).await.map_err(|error| match error {
                Error::Reqwest(error) => error,
                Error::Middleware(error) => panic!("not an error of reqwest: {error}"),
            })
        }
    });
    let by_middleware = async { observe!(row, chaos, reqwest, service) };

    let (by_service, by_middleware) = tokio::join!(by_service, by_middleware);
    let observed = |injected: &Option<Injected>| injected.as_ref().map(|it| it.observed.clone());
    if row == Row::Latency {
        // A middleware can't start the clocks of the client below it.
        assert_ne!(observed(&by_service), observed(&by_middleware));
    } else {
        assert_eq!(observed(&by_service), observed(&by_middleware), "{row:?}");
    }
    by_service
}
