//! Faults of a client, as its callers see them, and the tags that it sends.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosLayer, ChaosManager, Disconnect, Experiment, Failure, Fault, KeyId, Phase,
    Scope, Tag, TagKeys, TagTrust,
};
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

type Hyper = Client<HttpConnector, Full<Bytes>>;

fn hyper() -> Hyper {
    Client::builder(TokioExecutor::new()).build_http()
}

/// A payments service that counts its charges.
struct Payments {
    url: String,
    charges: mpsc::UnboundedReceiver<HeaderMap>,
}

impl Payments {
    async fn start() -> Self {
        let (tell, charges) = mpsc::unbounded_channel();
        let charge = get(async move |headers: HeaderMap| {
            tell.send(headers).unwrap();
            "charged"
        });
        let app = Router::new().route("/charge", charge);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/charge", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { url, charges }
    }

    fn request(&self) -> Request<Full<Bytes>> {
        Request::get(&self.url).body(Full::default()).unwrap()
    }

    fn charges(&mut self) -> usize {
        std::iter::from_fn(|| self.charges.try_recv().ok()).count()
    }
}

fn to_payments() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

fn io_kinds(error: &(dyn Error + 'static)) -> Vec<ErrorKind> {
    let mut kinds = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        kinds.extend(error.downcast_ref().map(std::io::Error::kind));
        next = error.source();
    }
    kinds
}

#[tokio::test]
async fn a_client_that_imitates_connections_makes_no_redirected_calls() {
    let chaos = ChaosManager::new();
    let (tell, mut calls) = mpsc::unbounded_channel();
    let through_a_proxy = service_fn(async |request: Request<Full<Bytes>>| {
        tell.send(request).unwrap();
        Ok::<_, std::io::Error>(Response::new(Full::<Bytes>::default()))
    });
    let layer = ChaosLayer::client(&chaos, "payments").imitating_connections();
    let mut client = layer.layer(through_a_proxy);
    for (failure, status) in [(Failure::Refused, 503), (Failure::Reset, 500)] {
        let _down = chaos.inject(to_payments(), Fault::error(failure)).unwrap();
        let request = Request::new(Full::default());
        let response = client.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.status(), status);
    }
    assert!(calls.try_recv().is_err());
}

#[tokio::test]
async fn a_refused_call_fails_like_a_call_to_a_closed_port() {
    let chaos = ChaosManager::new();
    let mut payments = Payments::start().await;
    let client = ChaosLayer::client(&chaos, "payments").layer(hyper());
    let down = chaos
        .inject(to_payments(), Fault::error(Failure::Refused))
        .unwrap();
    let error = client
        .clone()
        .oneshot(payments.request())
        .await
        .unwrap_err();
    assert!(error.is_connect());
    assert_eq!(io_kinds(&error), [ErrorKind::ConnectionRefused]);
    assert_eq!((down.injected(), payments.charges()), (1, 0));
    drop(down);
    let reply = client.oneshot(payments.request()).await.unwrap();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    assert_eq!((body.as_ref(), payments.charges()), (&b"charged"[..], 1));
}

#[tokio::test]
async fn a_call_with_a_reset_reaches_the_service_only_in_phase_after() {
    let chaos = ChaosManager::new();
    let mut payments = Payments::start().await;
    let client = ChaosLayer::client(&chaos, "payments").layer(hyper());
    for (phase, charges) in [(Phase::Before, 0), (Phase::After, 1)] {
        let reset = Experiment::new("reset")
            .fault(Fault::reset())
            .blast_radius(to_payments())
            .phase(phase);
        let guard = chaos.start(reset).unwrap();
        let error = client
            .clone()
            .oneshot(payments.request())
            .await
            .unwrap_err();
        assert!(!error.is_connect());
        assert_eq!(io_kinds(&error), [ErrorKind::ConnectionReset], "{phase}");
        assert_eq!((guard.injected(), payments.charges()), (1, charges));
    }
}

#[tokio::test]
async fn a_connection_closed_before_the_response_is_an_incomplete_message() {
    let chaos = ChaosManager::new();
    let payments = Payments::start().await;
    let client = ChaosLayer::client(&chaos, "payments").layer(hyper());
    let _guard = chaos
        .inject(to_payments(), Fault::error(Failure::Closed))
        .unwrap();
    let error = client.oneshot(payments.request()).await.unwrap_err();
    let hyper: &hyper::Error = error.source().unwrap().downcast_ref().unwrap();
    assert!(hyper.is_incomplete_message());
}

#[tokio::test]
async fn failures_that_a_server_reports_are_responses() {
    let chaos = ChaosManager::new();
    let mut payments = Payments::start().await;
    let client = ChaosLayer::client(&chaos, "payments").layer(hyper());
    for (failure, status) in [
        (Failure::Unavailable, 503),
        (Failure::Overloaded, 429),
        (Failure::TimedOut, 504),
        (Failure::status(502).unwrap(), 502),
    ] {
        let _guard = chaos.inject(to_payments(), Fault::error(failure)).unwrap();
        let reply = client.clone().oneshot(payments.request()).await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{failure}");
    }
    assert_eq!(payments.charges(), 0);
}

#[tokio::test]
async fn a_stub_that_answers_the_redirected_call_yields_an_error_response() {
    let chaos = ChaosManager::new();
    let stub = service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let client = ChaosLayer::client(&chaos, "payments").layer(stub);
    let _guard = chaos
        .inject(to_payments(), Fault::error(Failure::Refused))
        .unwrap();
    let reply = client.oneshot(Request::new(Full::default())).await.unwrap();
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_response_is_reset_after_its_bytes() {
    let chaos = ChaosManager::new();
    let payments = Payments::start().await;
    let client = ChaosLayer::client(&chaos, "payments").layer(hyper());
    let cut = Experiment::new("reset midway")
        .fault(Fault::disconnect(Disconnect::ResetAfter(3)))
        .blast_radius(to_payments())
        .phase(Phase::During);
    let guard = chaos.start(cut).unwrap();
    let reply = client.oneshot(payments.request()).await.unwrap();
    assert_eq!(reply.version(), Version::HTTP_11);
    let mut body = reply.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "cha");
    let error = body.frame().await.unwrap().unwrap_err();
    let error: &std::io::Error = error.downcast_ref().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn requests_are_selected_by_method_and_path() {
    let chaos = ChaosManager::new();
    let payments = Payments::start().await;
    let client = ChaosLayer::client(&chaos, "payments").layer(hyper());
    let refunds = to_payments().operation("POST /refund/*");
    let guard = chaos
        .inject(refunds, Fault::error(Failure::Unavailable))
        .unwrap();
    let reply = client.oneshot(payments.request()).await.unwrap();
    assert_eq!((reply.status(), guard.injected()), (StatusCode::OK, 0));
}

fn keys() -> TagKeys {
    TagKeys::new(KeyId::new("ours").unwrap(), [7; 32]).unwrap()
}

#[tokio::test]
async fn tags_and_attempt_are_sent_only_to_a_trusted_service() {
    let chaos = ChaosManager::new();
    let mut payments = Payments::start().await;
    let canary = Scope::new("order-7")
        .tagged(Tag::new("canary").unwrap())
        .retry();
    let plain = ChaosLayer::client(&chaos, "payments").layer(hyper());
    // An affected request loses tags that other code wrote.
    let _elsewhere = chaos
        .inject(
            to_payments().operation("* /elsewhere"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    let mut request = payments.request();
    let forwarded = "chaos=forged, tenant=acme".parse().unwrap();
    request.headers_mut().insert("baggage", forwarded);
    canary.enter(plain.oneshot(request)).await.unwrap();
    let headers = payments.charges.recv().await.unwrap();
    assert_eq!(headers["baggage"], "tenant=acme");

    let trusted = ChaosLayer::client(&chaos, "payments").sending_tags(keys());
    let mut request = payments.request();
    // A header in the form of OpenTelemetry, with a forged member.
    let found = "tenant=acme, chaos=forged".parse().unwrap();
    request.headers_mut().insert("baggage", found);
    let call = trusted.layer(hyper()).oneshot(request);
    canary.enter(call).await.unwrap();
    let headers = payments.charges.recv().await.unwrap();
    let baggage = headers["baggage"].to_str().unwrap();
    assert!(baggage.starts_with("tenant=acme,chaos="), "{baggage}");
    // OpenTelemetry cuts a value at its second `=`.
    assert_eq!(baggage.matches('=').count(), 2, "{baggage}");
    let arrived: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let arrived = Scope::from_headers(arrived.as_slice(), &TagTrust::signed_by(keys()));
    assert!(arrived.has_tag(&Tag::new("canary").unwrap()));
    assert_eq!((arrived.key(), arrived.attempt().get()), ("order-7", 2));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_decided_on_separately() {
    let chaos = ChaosManager::new();
    let stub = service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let client = ChaosLayer::client(&chaos, "payments").layer(stub);
    let slow = chaos
        .inject(
            to_payments().at_most(1),
            Fault::latency(Duration::from_secs(5)),
        )
        .unwrap();
    let start = Instant::now();
    for took in [5, 5] {
        let request = Request::new(Full::default());
        let reply = client.clone().oneshot(request).await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(start.elapsed(), Duration::from_secs(took));
    }
    assert_eq!(slow.injected(), 1);
}

#[tokio::test]
async fn baggage_that_is_not_text_is_kept() {
    let chaos = ChaosManager::new();
    let mut payments = Payments::start().await;
    let canary = Scope::new("order-7").tagged(Tag::new("canary").unwrap());
    let trusted = ChaosLayer::client(&chaos, "payments").sending_tags(keys());
    let mut request = payments.request();
    let no_text = http::HeaderValue::from_bytes(b"tenant=caf\xe9").unwrap();
    request.headers_mut().insert("baggage", no_text.clone());
    let call = trusted.layer(hyper()).oneshot(request);
    canary.enter(call).await.unwrap();
    let headers = payments.charges.recv().await.unwrap();
    let values: Vec<_> = headers.get_all("baggage").iter().collect();
    assert_eq!((values.len(), values[0]), (2, &no_text));
    assert!(values[1].to_str().unwrap().starts_with("chaos="));
}
