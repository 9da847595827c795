//! Explorations that meet requests one by one, before and after the work.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::post;
use chaos_explore::{Exploration, Fate, FaultCase, Faults, Finding, explore};
use chaos_tower::{ChaosLayer, ChaosManager, Failure, Fault, Phase, SiteKind};
use http::Request;
use reqwest::{Client, StatusCode};
use tokio::time::{sleep, timeout};
use tower::{Layer, ServiceExt};

use crate::service::{SLOW, Service};
use crate::{builder, payments};

/// Charges, and tries again if there is no response: which charges twice if only the response was lost.
async fn charge(client: &Client, url: &str) -> bool {
    for _ in 0..2 {
        if let Ok(response) = client.post(url).send().await {
            return response.status() == StatusCode::OK;
        }
    }
    false
}

#[test]
fn every_request_is_explored_before_and_after_its_work() {
    let report = explore(async |chaos| {
        let client = payments(&chaos, builder().timeout(Duration::from_secs(1)));
        (client, Service::start_here().await)
    })
    .act(async |started| charge(&started.0, &started.1.url("/charge")).await)
    .verify(async |started, charged| {
        let charges = started.1.worked();
        assert!(charges >= usize::from(charged), "{charges} charges");
        assert!(charges <= 1, "{charges} charges");
    })
    .report();
    let met = report.operations().iter().map(ToString::to_string);
    let charges: Vec<_> = met
        .filter(|operation| operation.starts_with("payments/client"))
        .collect();
    assert_eq!(charges, ["payments/client POST /charge #1"]);
    // The stream asks about the opening of its connection phase by phase.
    let operations: BTreeSet<_> = report.operations().iter().collect();
    assert_eq!(operations.len(), report.operations().len(), "{report}");
    let count = format!("{} operations", operations.len());
    assert!(report.to_markdown().contains(&count), "{report}");
    let mut found: Vec<_> = report.findings().iter().map(Finding::line).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "payments/client POST /charge #1 after:latency=1h",
            "payments/client POST /charge #1 after:reset",
            // Nothing of the response has arrived.
            "payments/client POST /charge #1 during:disconnect={\"cut_after\":0}"
        ]
    );
}

/// Calls a service on another thread, and returns the status of its response.
fn call_elsewhere(path: &'static str) -> Exploration {
    explore(async |chaos| {
        let client = payments(&chaos, builder().timeout(Duration::from_secs(30)));
        (client, Service::start().await)
    })
    .act(async move |started| {
        let response = started.0.post(started.1.url(path)).send().await.ok()?;
        let status = response.status();
        response.bytes().await.ok().map(|_| status)
    })
    .verify(async |_, status| assert_eq!(status, Some(StatusCode::OK)))
    .faults(Faults::none().and(
        SiteKind::Client,
        FaultCase::once(Fault::latency(Duration::from_secs(3)), Phase::Before),
    ))
}

/// The service has a runtime of its own, so its work is outside of the run's.
#[test]
fn the_clock_stands_still_while_a_service_on_another_thread_works() {
    for path in ["/charge", SLOW] {
        let report = call_elsewhere(path).run();
        assert_eq!(report.baseline_reply(), Some("Some(200)"), "{report}");
        assert!(report.sets_tried() > 0, "{report}");
    }
}

/// Explores purchases in a shop with a server layer, and returns the fates of its payment's faults.
fn fates_in_shop(
    shop: impl Fn(&ChaosManager, String) -> Router + Send + Sync + 'static,
) -> Vec<Fate> {
    let unavailable = FaultCase::once(Fault::error(Failure::Unavailable), Phase::Before);
    let report = explore(async move |chaos| {
        let payments = Service::start_here().await;
        let shop = shop(&chaos, payments.url("/charge"));
        (shop.layer(ChaosLayer::server(&chaos, "shop")), payments)
    })
    .act(async |world| {
        let request = Request::post("/buy").body(Body::empty()).unwrap();
        let response = world.0.clone().oneshot(request).await.unwrap();
        to_bytes(response.into_body(), 100).await.unwrap()
    })
    .verify(async |_, reply| assert_eq!(reply, "paid"))
    .faults(Faults::none().and(SiteKind::Client, unavailable))
    .run();
    report.fates().iter().map(|one| one.fate).collect()
}

/// Both shops try again.
#[test]
fn a_fate_is_known_if_the_client_knows_the_request_of_its_caller() {
    let fates = fates_in_shop(|chaos, url| {
        let client = ChaosLayer::client(chaos, "payments").layer(builder().build().unwrap());
        let buy = async move || {
            for _ in 0..2 {
                let charge = reqwest::Request::new(reqwest::Method::POST, url.parse().unwrap());
                let reply = client.clone().oneshot(charge).await;
                if reply.is_ok_and(|reply| reply.status().is_success()) {
                    return "paid";
                }
            }
            "not paid"
        };
        Router::new().route("/buy", post(buy))
    });
    assert_eq!(fates, [Fate::Absorbed]);
    let fates = fates_in_shop(|chaos, url| {
        let client = payments(chaos, builder());
        let buy = async move || {
            for _ in 0..2 {
                let reply = client.post(&url).send().await;
                if reply.is_ok_and(|reply| reply.status().is_success()) {
                    return "paid";
                }
            }
            "not paid"
        };
        Router::new().route("/buy", post(buy))
    });
    assert_eq!(fates, [Fate::Unknown]);
}

/// Which part of a call has a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limited {
    Whole,
    HeadOnly,
}

/// Charges, and reads the response in the act or in a task that the act does not wait for.
fn charge_and_read(limited: Limited, reads_in_task: bool) -> Exploration {
    explore(async move |chaos| {
        let builder = match limited {
            Limited::Whole => builder().timeout(LIMIT),
            Limited::HeadOnly => builder(),
        };
        (payments(&chaos, builder), Service::start_here().await)
    })
    .act(async move |started| {
        let request = started.0.post(started.1.url("/charge"));
        let reading = async move {
            let response = timeout(LIMIT, request.send()).await.ok()?.ok()?;
            response.text().await.ok()
        };
        if reads_in_task {
            tokio::spawn(reading);
            sleep(2 * LIMIT).await;
            return None;
        }
        reading.await
    })
    .verify(async |_, _| {})
}

const LIMIT: Duration = Duration::from_secs(5);

#[test]
fn a_response_that_is_read_without_a_limit_is_a_finding() {
    let stalled = ["payments/client POST /charge #1 during:disconnect=stall"];
    for (reads_in_task, problem) in [
        (false, "## act did not end within 5m"),
        (
            true,
            "## a task waits for `payments/client POST /charge #1` without a limit",
        ),
    ] {
        let report = charge_and_read(Limited::HeadOnly, reads_in_task).report();
        let found: Vec<_> = report.findings().iter().map(Finding::line).collect();
        assert_eq!(found, stalled, "{report}");
        assert!(report.to_markdown().contains(problem), "{report}");
        charge_and_read(Limited::Whole, reads_in_task).run();
    }
}
