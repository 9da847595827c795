//! A rate is a share of requests.

use chaos_tower::{ChaosManager, Experiment, Failure, Fault, Rate};

use crate::service::Service;
use crate::{FOREVER, builder, calls, payments, status, until};

/// Fixed before the first run.
const SEEDS: [u64; 10] = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
const REQUESTS: u32 = 2_000;

fn share(percent: u32) -> Experiment {
    let rate = Rate::percent(f64::from(percent)).unwrap();
    Experiment::new("some")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(calls().rate(rate))
        .time_limit(FOREVER)
}

/// Asserts that a count lies within the 99.99 % interval of a binomial distribution.
fn assert_share(count: u32, of: u32, share: f64, case: &str) {
    let (n, count) = (f64::from(of), f64::from(count));
    let deviation = 3.891 * (n * share * (1.0 - share)).sqrt() + 0.5;
    assert!(
        (count - n * share).abs() <= deviation,
        "{case}: {count} of {of}"
    );
}

async fn assert_rate(percent: u32) {
    let service = Service::start().await;
    let url = service.url("/");
    for seed in SEEDS {
        let chaos = ChaosManager::builder().seed(seed).build();
        let client = payments(&chaos, builder());
        let guard = chaos.start(share(percent)).unwrap();
        let mut failed = 0;
        for _ in 0..REQUESTS {
            let response = client.get(&url).send().await.unwrap();
            failed += u32::from(response.status() == 503);
            response.bytes().await.unwrap();
        }
        let case = format!("seed {seed}, {percent} %");
        assert_share(failed, REQUESTS, f64::from(percent) / 100.0, &case);
        assert_eq!(guard.injected(), u64::from(failed));
    }
    assert_eq!(service.connections(), 10, "one for each client");
}

#[tokio::test]
async fn a_tenth_of_all_requests_on_open_connections_fails() {
    assert_rate(10).await;
}

#[tokio::test]
async fn three_tenths_of_all_requests_on_open_connections_fail() {
    assert_rate(30).await;
}

#[tokio::test]
async fn half_of_all_requests_on_open_connections_fail() {
    assert_rate(50).await;
}

/// Sends requests of one name three times each; returns how many failed each time, and which ones.
async fn failed_three_times(header: &str, seed: u64) -> (u32, Vec<bool>) {
    let service = Service::start().await;
    let chaos = ChaosManager::builder().seed(seed).build();
    let client = payments(&chaos, builder());
    let _guard = chaos.start(share(50)).unwrap();
    let (mut each_time, mut failed) = (0, Vec::new());
    for number in 0..REQUESTS {
        let name = match header {
            "traceparent" => format!("00-{:032x}-00f067aa0ba902b7-01", number + 1),
            _ => format!("request-{number}"),
        };
        let mut failures = 0;
        for _ in 0..3 {
            let request = client.get(service.url("/")).header(header, &name);
            let is_failure = request.send().await.unwrap().status() == 503;
            failed.push(is_failure);
            failures += u32::from(is_failure);
        }
        each_time += u32::from(failures == 3);
    }
    (each_time, failed)
}

#[tokio::test]
async fn each_retry_of_a_request_is_drawn_for_anew() {
    for header in ["x-request-id", "traceparent"] {
        let (each_time, failed) = failed_three_times(header, 7).await;
        assert_share(each_time, REQUESTS, 0.125, header);
        assert_eq!(failed_three_times(header, 7).await.1, failed, "replayed");
    }
}

#[tokio::test]
async fn a_retry_on_another_connection_is_drawn_for_anew() {
    const NAMES: u32 = 200;
    let service = Service::start().await;
    let chaos = ChaosManager::builder().seed(7).build();
    let client = payments(&chaos, builder().pool_max_idle_per_host(0));
    let _guard = chaos.start(share(50)).unwrap();
    let mut failed_twice = 0;
    for name in 0..NAMES {
        let get = || status(client.get(service.url("/")).header("x-request-id", name));
        let failed = [get().await.unwrap(), get().await.unwrap()];
        failed_twice += u32::from(failed == [503, 503]);
    }
    // The service may accept the connection of a request that never came a moment later.
    until(|| service.connections() == 2 * NAMES).await;
    assert_share(failed_twice, NAMES, 0.25, "both times");
}

/// The order of arrival does not matter.
async fn assert_any_order(header: &str, name: fn(u32) -> String) {
    let service = Service::start().await;
    let url = service.url("/");
    let failed = async |names: Vec<u32>| {
        let chaos = ChaosManager::builder().seed(7).build();
        let client = payments(&chaos, builder());
        let _guard = chaos.start(share(50)).unwrap();
        let mut failed = Vec::new();
        for number in names {
            let request = client.get(&url).header(header, name(number));
            if request.send().await.unwrap().status() == 503 {
                failed.push(number);
            }
        }
        failed.sort_unstable();
        failed
    };
    let forwards = failed((0..200).collect()).await;
    assert_eq!(failed((0..200).rev().collect()).await, forwards);
}

#[tokio::test]
async fn the_same_names_fail_in_any_order() {
    assert_any_order("x-request-id", |number| number.to_string()).await;
}

#[tokio::test]
async fn the_same_spans_of_a_trace_fail_in_any_order() {
    assert_any_order("traceparent", |number| {
        format!("00-{:032x}-{:016x}-01", 1, number + 1)
    })
    .await;
}
