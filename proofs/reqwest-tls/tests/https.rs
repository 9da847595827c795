//! Requests over TLS, with HTTP/1.1 and with the HTTP/2 that TLS negotiates.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Phase};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const FOREVER: Duration = Duration::from_secs(3600);

#[derive(Default)]
struct Seen {
    http1: AtomicU32,
    http2: AtomicU32,
}

impl Seen {
    fn worked(&self) -> u32 {
        self.http1.load(Ordering::Relaxed) + self.http2.load(Ordering::Relaxed)
    }
}

/// Starts a service over TLS that speaks one version of HTTP, and returns its URL.
async fn service(protocol: &[u8]) -> (String, Arc<Seen>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}/charge",
        listener.local_addr().unwrap().port()
    );
    let seen = Arc::new(Seen::default());
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&all));
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.unwrap();
                let respond = service_fn(move |request| respond(request, Arc::clone(&seen)));
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), respond).await;
            });
        }
    });
    (url, seen)
}

async fn respond(
    request: Request<Incoming>,
    seen: Arc<Seen>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.uri().path(), "/charge");
    let count = match request.version() {
        Version::HTTP_2 => &seen.http2,
        _ => &seen.http1,
    };
    let body = request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes());
    count.fetch_add(1, Ordering::Relaxed);
    Ok(Response::new(Full::new(body.unwrap_or_default())))
}

#[tokio::test]
async fn requests_over_tls_are_struck() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (protocol, is_http2) in [(&b"http/1.1"[..], false), (b"h2", true)] {
        let (url, seen) = service(protocol).await;
        let chaos = ChaosManager::new();
        let builder = reqwest::Client::builder().no_proxy().https_only(true);
        let builder = builder.danger_accept_invalid_certs(true);
        let client = chaos_tower::reqwest::client(&chaos, "payments", builder).unwrap();
        let post = || client.post(&url).body("100").send();
        let calls = || BlastRadius::calls_to("payments");

        let response = post().await.unwrap();
        assert_eq!(response.version(), Version::HTTP_11);
        assert_eq!(response.text().await.unwrap(), "100");
        assert_eq!(
            (seen.worked(), seen.http2.load(Ordering::Relaxed) > 0),
            (1, is_http2)
        );

        // One connection each, as HTTP/1.1 has no streams.
        let many = futures_util::future::join_all((0..64).map(|_| post())).await;
        assert!(
            many.into_iter()
                .all(|response| response.unwrap().status() == 200)
        );
        assert_eq!(seen.worked(), 65);

        let down = chaos
            .inject(calls(), Fault::error(Failure::Unavailable))
            .unwrap();
        assert_eq!(post().await.unwrap().status(), 503);
        drop(down);
        for (phase, does) in [(Phase::Before, 0), (Phase::After, 1)] {
            let before = seen.worked();
            let reset = Experiment::new("reset").fault(Fault::reset());
            let reset = chaos
                .start(reset.blast_radius(calls()).phase(phase))
                .unwrap();
            let error = post().await.unwrap_err();
            assert!(
                error.is_request() && format!("{error:?}").contains("ConnectionReset"),
                "{error:?}"
            );
            assert_eq!((seen.worked() - before, reset.injected()), (does, 1));
        }
        let before = seen.worked();
        let slow = chaos.inject(calls(), Fault::latency(FOREVER)).unwrap();
        let limited = client.post(&url).timeout(Duration::from_millis(300)).send();
        assert!(limited.await.unwrap_err().is_timeout());
        assert_eq!((seen.worked() - before, slow.injected()), (0, 1));
    }
}
