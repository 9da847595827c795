//! Faults of single requests, on new and on open connections.

use std::error::Error as _;
use std::io;

use chaos_core::Crash;
use chaos_tower::{
    Bandwidth, ChaosManager, CircuitBreak, Consent, Corrupt, Disconnect, Error, Experiment,
    Failure, Fault, Pattern, Phase, Rate, RateLimit,
};
use reqwest::Method;

use crate::service::Service;
use crate::{FOREVER, builder, calls, inject, payments, process, soon, status, until};

/// Returns the kinds of the I/O errors in the chain of sources.
pub(crate) fn io_kinds(error: &reqwest::Error) -> Vec<io::ErrorKind> {
    let mut kinds = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        kinds.extend(error.downcast_ref::<io::Error>().map(io::Error::kind));
        next = error.source();
    }
    kinds
}

#[tokio::test]
async fn a_broken_request_is_real_on_new_and_on_open_connections() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    for (phase, does) in [(Phase::Before, 0), (Phase::After, 1)] {
        for kept in [false, true] {
            for method in [Method::GET, Method::POST, Method::HEAD] {
                for (fault, io) in [
                    (Fault::reset(), vec![io::ErrorKind::ConnectionReset]),
                    (Fault::error(Failure::Closed), vec![]),
                ] {
                    let url = service.url("/charge");
                    let client = if kept {
                        assert_eq!(status(client.get(&url)).await.unwrap(), 200);
                        client.clone()
                    } else {
                        payments(&chaos, builder())
                    };
                    let (connections, before) = (service.connections(), service.worked());
                    let broken = inject(&chaos, fault, phase);
                    let request = client.request(method.clone(), &url).body("100");
                    let error = soon(request.send()).await.unwrap_err();
                    let case = format!("{method} {phase} kept: {kept}, {error:?}");
                    assert!(error.is_request(), "{case}");
                    assert_eq!(error.url().map(reqwest::Url::as_str), Some(&*url), "{case}");
                    assert_eq!(io_kinds(&error), io, "{case}");
                    assert_eq!(service.worked() - before, does, "{case}");
                    // The service may accept the connection of a request that never came a moment later.
                    until(|| service.connections() - connections >= u32::from(!kept)).await;
                    assert!(!kept || service.connections() == connections, "{case}");
                    assert_eq!(broken.injected(), 1, "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn failures_of_the_service_are_responses_and_keep_the_connection() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    for (fault, status) in [
        (Fault::error(Failure::Unavailable), 503),
        (Fault::error(Failure::Overloaded), 429),
        (Fault::error(Failure::status(418).unwrap()), 418),
    ] {
        for (phase, does) in [(Phase::Before, 0), (Phase::After, 1)] {
            let before = service.worked();
            let _down = inject(&chaos, fault.clone(), phase);
            let request = client.post(service.url("/charge")).body("100");
            let response = soon(request.send()).await.unwrap();
            assert_eq!(response.status(), status);
            assert!(!response.headers().contains_key("x-chaos-experiment"));
            assert!(!response.text().await.unwrap().is_empty());
            assert_eq!(service.worked() - before, does);
        }
    }
    let limit = RateLimit::per_minute(1).unwrap();
    let circuit = CircuitBreak::after(1).unwrap().open_for(FOREVER).unwrap();
    for (fault, expected) in [
        (Fault::rate_limit(limit), 429),
        (Fault::circuit_break(circuit), 503),
    ] {
        let _limited = inject(&chaos, fault, Phase::Before);
        assert_eq!(status(client.get(service.url("/"))).await.unwrap(), 200);
        let response = soon(client.get(service.url("/")).send()).await.unwrap();
        assert_eq!(response.status(), expected);
        assert!(response.headers().contains_key("retry-after"));
        soon(response.bytes()).await.unwrap();
    }
    assert_eq!(service.connections(), 1);
}

#[tokio::test]
async fn requests_are_selected_by_method_and_path() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    let charges = calls().operation("POST /charge/*");
    let down = chaos
        .inject(charges, Fault::error(Failure::Unavailable))
        .unwrap();
    for (method, path, expected) in [
        (Method::POST, "/charge/7?dry=yes", 503),
        (Method::GET, "/charge/7", 200),
        (Method::POST, "/refund/7", 200),
        (Method::POST, "/charge/8", 503),
    ] {
        let request = client.request(method, service.url(path));
        assert_eq!(status(request).await.unwrap(), expected, "{path}");
    }
    assert_eq!(down.injected(), 2);
    assert_eq!(service.connections(), 1);
}

#[tokio::test]
async fn bodies_are_struck() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let get = || async {
        let client = payments(&chaos, builder());
        let response = soon(client.get(service.url("/")).body("1234567890").send())
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        soon(response.text()).await
    };
    let cut = inject(
        &chaos,
        Fault::disconnect(Disconnect::CutAfter(1)),
        Phase::During,
    );
    let error = get().await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(io_kinds(&error), [io::ErrorKind::UnexpectedEof]);
    drop(cut);
    let all = Corrupt::bytes(Rate::ALWAYS).unwrap();
    let changed = inject(&chaos, Fault::corrupt(all), Phase::During);
    assert_ne!(get().await.unwrap_or_default(), "10");
    drop(changed);
    let narrow = Bandwidth::bytes_per_second(20).unwrap();
    let slow = inject(&chaos, Fault::bandwidth(narrow), Phase::During);
    assert_eq!(get().await.unwrap(), "10");
    assert_eq!(slow.injected(), 1);
}

#[tokio::test]
async fn what_is_impossible_is_refused_at_start() {
    let chaos = ChaosManager::new();
    let client = payments(&chaos, builder());
    for phase in [Phase::Before, Phase::After] {
        let refused = Experiment::new("refused")
            .fault(Fault::error(Failure::Refused))
            .blast_radius(calls())
            .phase(phase);
        let error = chaos.start(refused).unwrap_err();
        assert!(matches!(error, Error::CannotRefuse { .. }), "{error}");
    }
    let unready = Experiment::new("unready")
        .fault(Fault::latency(FOREVER))
        .blast_radius(calls())
        .phase(Phase::NotReady);
    for impossible in [
        unready,
        Experiment::new("panic")
            .fault(Fault::panic())
            .blast_radius(calls()),
    ] {
        let error = chaos.start(impossible).unwrap_err();
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
    }
    // A layer in the same service can refuse and panic; this client's requests are then left alone.
    let _layer = chaos_tower::ChaosLayer::client(&chaos, "payments");
    let service = Service::start().await;
    for elsewhere in [Fault::error(Failure::Refused), Fault::panic()] {
        let guard = chaos.inject(calls(), elsewhere).unwrap();
        let response = soon(client.get(service.url("/")).send()).await.unwrap();
        assert_eq!((response.status().as_u16(), guard.injected()), (200, 0));
    }
}

#[tokio::test]
async fn a_request_can_crash_the_process() {
    const CRASHING: &str = "CHAOS_TEST_CRASHES";
    if std::env::var_os(CRASHING).is_none() {
        let mut child = process::running("faults::a_request_can_crash_the_process");
        let output = child.env(CRASHING, "yes").output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{output:?}");
        return;
    }
    let chaos = ChaosManager::new();
    let client = payments(&chaos, builder());
    let consent = Consent::by("anna").unwrap().because("it is her process");
    let crash = Experiment::new("crash")
        .fault(Fault::crash(Crash::Exit(7)))
        .blast_radius(calls())
        .consent_to_destruction(consent)
        .allow_collateral();
    let _crash = chaos.start(crash).unwrap();
    let service = Service::start().await;
    let survived = soon(client.get(service.url("/")).send()).await;
    unreachable!("{survived:?}");
}

#[tokio::test]
async fn a_failure_in_grpc_is_a_status_of_grpc() {
    let chaos = ChaosManager::new();
    let client = payments(&chaos, builder());
    let service = Service::start().await;
    let _down = inject(&chaos, Fault::error(Failure::Unavailable), Phase::Before);
    let call = client.post(service.url("/payments.Payments/Charge"));
    let call = call.header("content-type", "application/grpc");
    let response = soon(call.send()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["grpc-status"], "14");
}

#[tokio::test]
async fn a_response_without_a_body_has_nothing_to_strike() {
    let chaos = ChaosManager::new();
    let client = payments(&chaos, builder());
    let service = Service::start().await;
    let cut = Fault::disconnect(Disconnect::CutAfter(0));
    let cut = inject(&chaos, cut, Phase::During);
    assert_eq!(status(client.head(service.url("/"))).await.unwrap(), 200);
    assert_eq!(cut.injected(), 0);
}

#[tokio::test]
async fn retries_of_reqwest_are_requests() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let host = service.address().ip().to_string();
    let retries = reqwest::retry::for_host(host)
        .max_retries_per_request(2)
        .classify_fn(|attempt| match attempt.status() {
            Some(status) if status.is_server_error() => attempt.retryable(),
            _ => attempt.success(),
        });
    let client = payments(&chaos, builder().retry(retries));
    let first = Experiment::new("first two")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(calls())
        .pattern(Pattern::first(2));
    let first = chaos.start(first).unwrap();
    let response = soon(client.get(service.url("/")).send()).await.unwrap();
    assert_eq!((response.status().as_u16(), first.injected()), (200, 2));
    assert_eq!(service.worked(), 1);
}
