//! The connections of `reqwest::client`: real and injected failures, as their callers see them.

use std::future::pending;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chaos_tower::{
    Bandwidth, BlastRadius, ChaosManager, Corrupt, Disconnect, ExperimentGuard, Failure, Fault,
    Rate,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::Instant;
use tower::ServiceExt;

use caller_view::CallerView;
use real_failures::{BlackHole, ClosedPort, Framing, Midway, Server};

#[path = "fidelity/caller_view.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod caller_view;
#[path = "fidelity/real_failures.rs"]
#[allow(dead_code, reason = "the fidelity test uses the rest")]
mod real_failures;

/// Long enough for every response to arrive, even on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
const HEAD: u64 = 39;

type Configure = fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder;

const UNCHANGED: Configure = |builder| builder;

fn plain(configure: Configure) -> reqwest::Client {
    configure(reqwest::Client::builder().no_proxy())
        .build()
        .unwrap()
}

fn payments(chaos: &ChaosManager, configure: Configure) -> reqwest::Client {
    let builder = configure(reqwest::Client::builder().no_proxy());
    chaos_tower::reqwest::client(chaos, "payments", builder).unwrap()
}

fn inject(chaos: &ChaosManager, operation: &str, fault: Fault) -> ExperimentGuard {
    let radius = BlastRadius::streams_to("payments").operation(operation);
    chaos.inject(radius, fault).unwrap()
}

/// Asserts that a real failure looks the same as to a plain client.
async fn assert_same_view(url: &str, configure: Configure) {
    let expected = CallerView::by_reqwest(&plain(configure), url).await;
    let chaos = ChaosManager::new();
    assert_eq!(
        CallerView::by_reqwest(&payments(&chaos, configure), url).await,
        expected
    );
}

async fn assert_same_view_midway(real: &Midway) {
    let bare = plain(UNCHANGED).map_response(real.notify_received());
    let expected = CallerView::by_reqwest_service(bare, &real.url()).await;
    let chaos = ChaosManager::new();
    let chaotic = payments(&chaos, UNCHANGED).map_response(real.notify_received());
    assert_eq!(
        CallerView::by_reqwest_service(chaotic, &real.url()).await,
        expected
    );
}

#[tokio::test]
async fn real_failures_look_the_same_as_to_a_plain_client() {
    assert_same_view(&Server::answers(OK).await.url(), UNCHANGED).await;
    assert_same_view(&ClosedPort::bind().url(), UNCHANGED).await;
    assert_same_view(&Server::closes().await.url(), UNCHANGED).await;
    assert_same_view(&Server::resets().await.url(), UNCHANGED).await;
    assert_same_view("http://host.invalid/", UNCHANGED).await;
    for framing in [Framing::ContentLength, Framing::Chunked] {
        assert_same_view(&Server::closes_midway(framing).await.url(), UNCHANGED).await;
        assert_same_view_midway(&Midway::resets(framing).await).await;
    }
}

#[tokio::test]
async fn timeouts_fire_as_in_a_plain_client() {
    let whole: Configure = |builder| builder.timeout(PATIENCE);
    let each_read: Configure = |builder| builder.read_timeout(PATIENCE);
    let silent = Server::never_responds().await;
    let stalls = Server::stalls_midway(Framing::Chunked).await;
    let (silent, stalls) = (silent.url(), stalls.url());
    tokio::join!(
        assert_same_view(&silent, whole),
        assert_same_view(&silent, each_read),
        assert_same_view(&stalls, whole),
        assert_same_view(&stalls, each_read),
    );
}

#[tokio::test]
async fn a_refused_connect_looks_like_a_closed_port() {
    let real = ClosedPort::bind();
    let expected = CallerView::by_reqwest(&plain(UNCHANGED), &real.url()).await;
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, UNCHANGED);
    let refused = inject(&chaos, "connect", Fault::error(Failure::Refused));
    assert_eq!(
        CallerView::by_reqwest(&client, &server.url()).await,
        expected
    );
    assert_eq!(refused.injected(), 1);
    drop(refused);
    assert_eq!(
        CallerView::by_reqwest(&client, &server.url()).await,
        CallerView::response(200)
    );
}

#[tokio::test]
async fn a_slow_connect_looks_like_a_black_hole() {
    let configure: Configure = |builder| builder.connect_timeout(PATIENCE);
    let real = BlackHole::fill().await;
    // Whichever of reqwest's two timeouts fires first decides whether there is an `io::Error`.
    let without_io = |seen| CallerView {
        io: Vec::new(),
        ..seen
    };
    let expected = without_io(CallerView::by_reqwest(&plain(configure), &real.url()).await);
    assert_eq!(expected.client, ["is_connect", "is_request", "is_timeout"]);
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, configure);
    assert_eq!(
        without_io(CallerView::by_reqwest(&client, &real.url()).await),
        expected
    );
    for fault in [
        Fault::latency(Duration::from_secs(60)),
        Fault::timeout(Duration::from_secs(60)),
    ] {
        let _slow = inject(&chaos, "connect", fault);
        assert_eq!(
            without_io(CallerView::by_reqwest(&client, &server.url()).await),
            expected
        );
    }
}

#[tokio::test]
async fn broken_connections_look_real() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let reset = CallerView::by_reqwest(&plain(UNCHANGED), &Server::resets().await.url()).await;
    let closed = CallerView::by_reqwest(&plain(UNCHANGED), &Server::closes().await.url()).await;
    let cut = Server::closes_midway(Framing::ContentLength).await;
    let cut = CallerView::by_reqwest(&plain(UNCHANGED), &cut.url()).await;
    assert_eq!(reset.io, [ErrorKind::ConnectionReset]);
    assert_eq!(cut.io, [ErrorKind::UnexpectedEof]);
    for (operation, disconnect, expected) in [
        ("read", Disconnect::Reset, &reset),
        ("read", Disconnect::CutAfter(0), &closed),
        ("read", Disconnect::CutAfter(HEAD + 5), &cut),
    ] {
        let client = payments(&chaos, UNCHANGED);
        let broken = inject(&chaos, operation, Fault::disconnect(disconnect));
        let seen = CallerView::by_reqwest(&client, &server.url()).await;
        assert_eq!(&seen, expected, "{operation} {disconnect:?}");
        assert_eq!(broken.injected(), 1);
    }
}

#[tokio::test]
async fn a_reset_midway_looks_real() {
    let real = Midway::resets(Framing::ContentLength).await;
    let bare = plain(UNCHANGED).map_response(real.notify_received());
    let expected = CallerView::by_reqwest_service(bare, &real.url()).await;
    assert_eq!(expected.io, [ErrorKind::ConnectionReset]);

    // This server continues, and its next bytes trigger the reset.
    let received = Arc::new(Notify::new());
    let server = continues_once(Arc::clone(&received)).await;
    let chaos = ChaosManager::new();
    let disconnect = Disconnect::ResetAfter(HEAD + 5);
    let reset = inject(&chaos, "read", Fault::disconnect(disconnect));
    let chaotic = payments(&chaos, UNCHANGED).map_response(|response| {
        received.notify_one();
        response
    });
    let seen = CallerView::by_reqwest_service(chaotic, &server.url()).await;
    assert_eq!(seen, expected);
    assert_eq!(reset.injected(), 1);
}

/// Sends half of the body, and the rest once the caller has received the response.
async fn continues_once(received: Arc<Notify>) -> Server {
    Server::each(move |mut stream| {
        let received = Arc::clone(&received);
        async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await?;
            }
            stream
                .write_all(&OK.as_bytes()[..HEAD as usize + 5])
                .await?;
            received.notified().await;
            stream
                .write_all(&OK.as_bytes()[HEAD as usize + 5..])
                .await?;
            pending().await
        }
    })
    .await
}

/// Reads a response to its end, so that its connection is the next one again.
async fn responds(client: &reqwest::Client, server: &Server) -> bool {
    let response = client.get(server.url()).send().await.unwrap();
    response.bytes().await.is_ok()
}

#[tokio::test]
async fn open_connections_are_affected() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, UNCHANGED);
    assert!(responds(&client, &server).await);
    // A new connection would fail.
    let _no_new_connections = inject(&chaos, "connect", Fault::error(Failure::Refused));
    assert!(responds(&client, &server).await);
    let changed = Corrupt::bytes(Rate::ALWAYS).unwrap();
    let changed = inject(&chaos, "read", Fault::corrupt(changed));
    let seen = CallerView::by_reqwest(&client, &server.url()).await;
    assert_eq!(seen.hyper, [["is_parse"]], "{seen:?}");
    assert_eq!(changed.injected(), 1);
}

#[tokio::test]
async fn a_bandwidth_limits_the_speed_of_a_connection() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, UNCHANGED);
    let narrow = Bandwidth::bytes_per_second(200).unwrap();
    let _slow = inject(&chaos, "read", Fault::bandwidth(narrow));
    let start = Instant::now();
    let response = client.get(server.url()).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "0123456789");
    assert!(start.elapsed() >= PATIENCE / 5, "{:?}", start.elapsed());
}

#[tokio::test]
async fn timeouts_fire_on_a_stalled_connection() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let _stalled = inject(&chaos, "read", Fault::disconnect(Disconnect::Stall));
    let whole = payments(&chaos, |builder| builder.timeout(PATIENCE));
    let each_read = payments(&chaos, |builder| builder.read_timeout(PATIENCE));
    let url = server.url();
    let silent = Server::never_responds().await;
    let bare = plain(|builder| builder.timeout(PATIENCE));
    let silent = silent.url();
    let (by_whole, by_each_read, expected) = tokio::join!(
        CallerView::by_reqwest(&whole, &url),
        CallerView::by_reqwest(&each_read, &url),
        CallerView::by_reqwest(&bare, &silent),
    );
    assert_eq!(by_whole, expected);
    assert_eq!(by_each_read, expected);
}

#[tokio::test]
async fn a_host_that_the_builder_resolves_is_found() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let address = server.url();
    let address: SocketAddr = address["http://".len()..]
        .trim_end_matches('/')
        .parse()
        .unwrap();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .resolve("payments.test", address);
    let client = chaos_tower::reqwest::client(&chaos, "payments", builder).unwrap();
    // A port in the URL takes precedence over the one that `resolve` sets.
    for url in [
        format!("http://payments.test:{}/", address.port()),
        "http://payments.test/".to_owned(),
    ] {
        assert_eq!(
            CallerView::by_reqwest(&client, &url).await,
            CallerView::response(200)
        );
    }
    let _refused = inject(&chaos, "connect", Fault::error(Failure::Refused));
    let other = payments(&chaos, UNCHANGED);
    assert!(
        other
            .get(server.url())
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
}
