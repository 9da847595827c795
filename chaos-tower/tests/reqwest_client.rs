//! An ordinary client of reqwest's with connections of ours: what its caller sees of real failures, and of ours.

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

use real::{BlackHole, ClosedPort, Framing, Midway, Server};
use seen::Seen;

#[path = "fidelity/real.rs"]
#[allow(dead_code, reason = "the rest of it is the fidelity test's")]
mod real;
#[path = "fidelity/seen.rs"]
#[allow(dead_code, reason = "the rest of it is the fidelity test's")]
mod seen;

/// Long after what does come has come, also on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
const HEAD: u64 = 39;

type Configure = fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder;

const AS_IT_IS: Configure = |builder| builder;

fn bare(configure: Configure) -> reqwest::Client {
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

/// What the client sees of something real is what the bare one does.
async fn both_see_the_same(url: &str, configure: Configure) {
    let expected = Seen::by_reqwest(&bare(configure), url).await;
    let chaos = ChaosManager::new();
    assert_eq!(
        Seen::by_reqwest(&payments(&chaos, configure), url).await,
        expected
    );
}

async fn both_see_the_same_midway(real: &Midway) {
    let bare = bare(AS_IT_IS).map_response(real.once_received());
    let expected = Seen::by_reqwest_service(bare, &real.url()).await;
    let chaos = ChaosManager::new();
    let ours = payments(&chaos, AS_IT_IS).map_response(real.once_received());
    assert_eq!(Seen::by_reqwest_service(ours, &real.url()).await, expected);
}

#[tokio::test]
async fn what_really_happens_is_seen_as_by_a_bare_client() {
    both_see_the_same(&Server::answers(OK).await.url(), AS_IT_IS).await;
    both_see_the_same(&ClosedPort::bind().url(), AS_IT_IS).await;
    both_see_the_same(&Server::closes().await.url(), AS_IT_IS).await;
    both_see_the_same(&Server::resets().await.url(), AS_IT_IS).await;
    both_see_the_same("http://host.invalid/", AS_IT_IS).await;
    for framing in [Framing::ContentLength, Framing::Chunked] {
        both_see_the_same(&Server::closes_midway(framing).await.url(), AS_IT_IS).await;
        both_see_the_same_midway(&Midway::resets(framing).await).await;
    }
}

#[tokio::test]
async fn limits_of_the_client_strike_as_in_a_bare_one() {
    let whole: Configure = |builder| builder.timeout(PATIENCE);
    let each_read: Configure = |builder| builder.read_timeout(PATIENCE);
    let silent = Server::never_answers().await;
    let stalls = Server::stalls_midway(Framing::Chunked).await;
    let (silent, stalls) = (silent.url(), stalls.url());
    tokio::join!(
        both_see_the_same(&silent, whole),
        both_see_the_same(&silent, each_read),
        both_see_the_same(&stalls, whole),
        both_see_the_same(&stalls, each_read),
    );
}

#[tokio::test]
async fn a_refused_connect_is_that_of_a_closed_port() {
    let real = ClosedPort::bind();
    let expected = Seen::by_reqwest(&bare(AS_IT_IS), &real.url()).await;
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, AS_IT_IS);
    let refused = inject(&chaos, "connect", Fault::error(Failure::Refused));
    assert_eq!(Seen::by_reqwest(&client, &server.url()).await, expected);
    assert_eq!(refused.injected(), 1);
    drop(refused);
    assert_eq!(
        Seen::by_reqwest(&client, &server.url()).await,
        Seen::response(200)
    );
}

#[tokio::test]
async fn a_connect_that_takes_too_long_is_that_of_a_black_hole() {
    let configure: Configure = |builder| builder.connect_timeout(PATIENCE);
    let real = BlackHole::fill().await;
    // Whether there is an `io::Error` in it is decided by which of reqwest's two limits is first.
    let without_io = |seen| Seen {
        io: Vec::new(),
        ..seen
    };
    let expected = without_io(Seen::by_reqwest(&bare(configure), &real.url()).await);
    assert_eq!(expected.client, ["is_connect", "is_request", "is_timeout"]);
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, configure);
    assert_eq!(
        without_io(Seen::by_reqwest(&client, &real.url()).await),
        expected
    );
    for fault in [
        Fault::latency(Duration::from_secs(60)),
        Fault::timeout(Duration::from_secs(60)),
    ] {
        let _slow = inject(&chaos, "connect", fault);
        assert_eq!(
            without_io(Seen::by_reqwest(&client, &server.url()).await),
            expected
        );
    }
}

#[tokio::test]
async fn breaks_are_those_of_a_real_connection() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let reset = Seen::by_reqwest(&bare(AS_IT_IS), &Server::resets().await.url()).await;
    let closed = Seen::by_reqwest(&bare(AS_IT_IS), &Server::closes().await.url()).await;
    let cut = Server::closes_midway(Framing::ContentLength).await;
    let cut = Seen::by_reqwest(&bare(AS_IT_IS), &cut.url()).await;
    assert_eq!(reset.io, [ErrorKind::ConnectionReset]);
    assert_eq!(cut.io, [ErrorKind::UnexpectedEof]);
    for (operation, disconnect, expected) in [
        ("read", Disconnect::Reset, &reset),
        ("read", Disconnect::CutAfter(0), &closed),
        ("read", Disconnect::CutAfter(HEAD + 5), &cut),
    ] {
        let client = payments(&chaos, AS_IT_IS);
        let broken = inject(&chaos, operation, Fault::disconnect(disconnect));
        let seen = Seen::by_reqwest(&client, &server.url()).await;
        assert_eq!(&seen, expected, "{operation} {disconnect:?}");
        assert_eq!(broken.injected(), 1);
    }
}

#[tokio::test]
async fn a_reset_midway_is_that_of_a_real_connection() {
    let real = Midway::resets(Framing::ContentLength).await;
    let bare = bare(AS_IT_IS).map_response(real.once_received());
    let expected = Seen::by_reqwest_service(bare, &real.url()).await;
    assert_eq!(expected.io, [ErrorKind::ConnectionReset]);

    // Here the server goes on, and the connection breaks because it does.
    let received = Arc::new(Notify::new());
    let server = goes_on_once(Arc::clone(&received)).await;
    let chaos = ChaosManager::new();
    let disconnect = Disconnect::ResetAfter(HEAD + 5);
    let reset = inject(&chaos, "read", Fault::disconnect(disconnect));
    let ours = payments(&chaos, AS_IT_IS).map_response(|response| {
        received.notify_one();
        response
    });
    let seen = Seen::by_reqwest_service(ours, &server.url()).await;
    assert_eq!(seen, expected);
    assert_eq!(reset.injected(), 1);
}

/// Sends half the body, and the other half once the caller holds the response.
async fn goes_on_once(received: Arc<Notify>) -> Server {
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

#[tokio::test]
async fn connections_that_are_held_already_are_hit() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, AS_IT_IS);
    assert!(
        client
            .get(server.url())
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .is_ok()
    );
    // No new connection could be made.
    let _no_new_ones = inject(&chaos, "connect", Fault::error(Failure::Refused));
    assert!(
        client
            .get(server.url())
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .is_ok()
    );
    let changed = Corrupt::bytes(Rate::ALWAYS).unwrap();
    let changed = inject(&chaos, "read", Fault::corrupt(changed));
    let seen = Seen::by_reqwest(&client, &server.url()).await;
    assert_eq!(seen.hyper, [["is_parse"]], "{seen:?}");
    assert_eq!(changed.injected(), 1);
}

#[tokio::test]
async fn a_slow_connection_takes_its_time() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let client = payments(&chaos, AS_IT_IS);
    let narrow = Bandwidth::bytes_per_second(200).unwrap();
    let _slow = inject(&chaos, "read", Fault::bandwidth(narrow));
    let start = Instant::now();
    let response = client.get(server.url()).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "0123456789");
    assert!(start.elapsed() >= PATIENCE / 5, "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_clients_limits_strike_where_nothing_moves_any_more() {
    let chaos = ChaosManager::new();
    let server = Server::answers(OK).await;
    let _stalled = inject(&chaos, "read", Fault::disconnect(Disconnect::Stall));
    let whole = payments(&chaos, |builder| builder.timeout(PATIENCE));
    let each_read = payments(&chaos, |builder| builder.read_timeout(PATIENCE));
    let url = server.url();
    let silent = Server::never_answers().await;
    let bare = bare(|builder| builder.timeout(PATIENCE));
    let silent = silent.url();
    let (by_whole, by_each_read, expected) = tokio::join!(
        Seen::by_reqwest(&whole, &url),
        Seen::by_reqwest(&each_read, &url),
        Seen::by_reqwest(&bare, &silent),
    );
    assert_eq!(by_whole, expected);
    assert_eq!(by_each_read, expected);
}

#[tokio::test]
async fn a_name_that_the_builder_resolves_is_found() {
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
    // With a port it is the one of the URL, without the one that the builder was told.
    for url in [
        format!("http://payments.test:{}/", address.port()),
        "http://payments.test/".to_owned(),
    ] {
        assert_eq!(Seen::by_reqwest(&client, &url).await, Seen::response(200));
    }
    let _refused = inject(&chaos, "connect", Fault::error(Failure::Refused));
    let other = payments(&chaos, AS_IT_IS);
    assert!(
        other
            .get(server.url())
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
}
