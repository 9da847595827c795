//! Resets by a server with a `ChaosListener`, seen by a plain socket.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::serve::ListenerExt;
use chaos_tower::{
    BlastRadius, ChaosLayer, ChaosListener, ChaosManager, Connection, Disconnect, Experiment,
    ExperimentGuard, Fault, Phase,
};
use http_body_util::channel::Channel;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// The `errno` of a reset on Linux.
#[cfg(target_os = "linux")]
const ECONNRESET: i32 = 104;

/// A service that counts the runs of its handler.
#[derive(Default)]
struct Orders {
    chaos: ChaosManager,
    ran: Arc<AtomicU32>,
    go_on: Arc<Notify>,
}

impl Orders {
    async fn serve(&self) -> SocketAddr {
        let (ran, go_on) = (Arc::clone(&self.ran), Arc::clone(&self.go_on));
        let app = Router::new()
            .route(
                "/",
                get(async move || {
                    ran.fetch_add(1, Ordering::Relaxed);
                    "0123456789"
                }),
            )
            .route("/peer", get(peer))
            .route("/slow", get(move || slow(Arc::clone(&go_on))))
            .layer(ChaosLayer::server(&self.chaos, "orders"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = ChaosListener::new(listener, &self.chaos, "orders");
        let app = app.into_make_service_with_connect_info::<Connection>();
        tokio::spawn(async { axum::serve(listener, app).await });
        address
    }

    fn inject(&self, disconnect: Disconnect, phase: Phase) -> ExperimentGuard {
        let experiment = Experiment::new("broken")
            .fault(Fault::disconnect(disconnect))
            .blast_radius(BlastRadius::requests_to("orders"))
            .phase(phase);
        self.chaos.start(experiment).unwrap()
    }
}

async fn peer(ConnectInfo(connection): ConnectInfo<Connection>) -> String {
    connection.peer().unwrap().to_string()
}

/// Sends some bytes, and the rest after a notification.
async fn slow(go_on: Arc<Notify>) -> axum::body::Body {
    let (mut sender, body) = Channel::<bytes::Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data("first".into()).await;
        go_on.notified().await;
        let _ = sender.send_data("second".into()).await;
        pending::<()>().await;
    });
    axum::body::Body::new(body)
}

/// Requests a path and reads to the end. Returns the bytes, and how the connection ended.
async fn ask(address: SocketAddr, path: &str) -> (String, io::Result<()>) {
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    let end = client.read_to_end(&mut came).await;
    (String::from_utf8(came).unwrap(), end.map(drop))
}

fn assert_is_reset(end: io::Result<()>) {
    let error = end.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // Reported by the operating system, not injected.
    #[cfg(target_os = "linux")]
    assert_eq!(error.raw_os_error(), Some(ECONNRESET));
}

#[tokio::test]
async fn a_request_can_be_reset_before_or_after_its_handler() {
    let orders = Orders::default();
    let address = orders.serve().await;
    for (phase, runs) in [(Phase::Before, 0), (Phase::After, 1)] {
        let reset = orders.inject(Disconnect::Reset, phase);
        let (came, end) = ask(address, "/").await;
        assert_eq!(came, "");
        assert_is_reset(end);
        assert_eq!(orders.ran.load(Ordering::Relaxed), runs, "{phase}");
        assert_eq!(reset.injected(), 1);
    }
    let (came, end) = ask(address, "/").await;
    assert!(came.ends_with("0123456789"), "{came}");
    end.unwrap();
}

#[tokio::test]
async fn a_body_can_be_reset_after_its_first_bytes() {
    let orders = Orders::default();
    let address = orders.serve().await;
    let reset = orders.inject(Disconnect::ResetAfter(7), Phase::During);
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"GET /slow HTTP/1.1\r\nhost: orders\r\n\r\n")
        .await
        .unwrap();
    let mut came = Vec::new();
    while !came.ends_with(b"first\r\n") {
        client.read_buf(&mut came).await.unwrap();
    }
    orders.go_on.notify_one();
    let end = client.read_to_end(&mut came).await.map(drop);
    let came = String::from_utf8(came).unwrap();
    assert!(came.ends_with("first\r\n2\r\nse\r\n"), "{came}");
    assert_is_reset(end);
    assert_eq!(reset.injected(), 1);
}

#[tokio::test]
async fn a_cut_is_not_a_reset() {
    let orders = Orders::default();
    let address = orders.serve().await;
    let _cut = orders.inject(Disconnect::CutAfter(4), Phase::During);
    let (came, end) = ask(address, "/").await;
    assert!(came.ends_with("\r\n\r\n0123"), "{came}");
    end.unwrap();
}

#[tokio::test]
async fn a_rejected_connection_does_not_affect_the_next_one() {
    let orders = Orders::default();
    let address = orders.serve().await;
    let accept = BlastRadius::streams_to("orders")
        .operation("accept")
        .at_most(1);
    let lost = orders.chaos.inject(accept, Fault::reset()).unwrap();
    let (_, end) = ask(address, "/").await;
    assert_is_reset(end);
    let (came, end) = ask(address, "/").await;
    assert!(came.ends_with("0123456789"), "{came}");
    end.unwrap();
    assert_eq!(lost.injected(), 1);
}

#[tokio::test]
async fn handlers_can_read_the_address_of_the_client() {
    let orders = Orders::default();
    let address = orders.serve().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let own = client.local_addr().unwrap().to_string();
    client
        .write_all(b"GET /peer HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    let mut came = String::new();
    client.read_to_string(&mut came).await.unwrap();
    assert!(came.ends_with(&own), "{came}");
}

async fn serve_with_taps(chaos: &ChaosManager) -> (SocketAddr, SocketAddr) {
    let app = Router::new()
        .route("/", get(async || "0123456789"))
        .layer(ChaosLayer::server(chaos, "orders"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inner = listener.local_addr().unwrap();
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    let listener = ChaosListener::new(listener, chaos, "orders");
    let service = app
        .clone()
        .into_make_service_with_connect_info::<Connection>();
    tokio::spawn(async { axum::serve(listener, service).await });

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outer = listener.local_addr().unwrap();
    let listener = ChaosListener::new(listener, chaos, "orders").tap_io(|_| {});
    let app = app.route(
        "/address",
        get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
    );
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await });
    (inner, outer)
}

#[tokio::test]
async fn an_inner_tap_keeps_resets_and_an_outer_tap_keeps_addresses() {
    let chaos = ChaosManager::new();
    let (inner, outer) = serve_with_taps(&chaos).await;
    let (came, _) = ask(outer, "/address").await;
    assert!(came.ends_with("127.0.0.1"), "{came}");

    let _reset = chaos
        .inject(BlastRadius::requests_to("orders"), Fault::reset())
        .unwrap();
    assert_is_reset(ask(inner, "/").await.1);
    // The layer does not know this connection, so it is closed instead of reset.
    ask(outer, "/").await.1.unwrap();
}
