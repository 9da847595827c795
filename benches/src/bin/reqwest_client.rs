//! Measures the overhead of the relay in `chaos_tower::reqwest::client`, alternating with a plain client.
//!
//! `cargo run --release -p chaos-benches --bin reqwest_client`
#![allow(clippy::print_stdout)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chaos_tower::ChaosManager;
use reqwest::{Client, ClientBuilder};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 9;

/// Starts a service on a dedicated thread, in place of a separate process.
fn serve() -> (SocketAddr, Runtime) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("bound");
    let body = Bytes::from(vec![b'x'; 1 << 20]);
    let app = Router::new()
        .route("/small", get(async || "three orders"))
        .route("/large", get(move || std::future::ready(body.clone())));
    runtime.spawn(async { axum::serve(listener, app).await });
    (address, runtime)
}

/// A kind of call to measure.
struct Case {
    name: &'static str,
    path: &'static str,
    calls: u32,
    configure: fn(ClientBuilder) -> ClientBuilder,
}

const CASES: [Case; 3] = [
    Case {
        name: "a small response, on a connection that is held",
        path: "/small",
        calls: 4_000,
        configure: |builder| builder,
    },
    Case {
        name: "a small response, on a new connection",
        path: "/small",
        calls: 1_000,
        configure: |builder| builder.pool_max_idle_per_host(0),
    },
    Case {
        name: "a response of 1 MiB",
        path: "/large",
        calls: 200,
        configure: |builder| builder,
    },
];

async fn per_call(client: &Client, url: &str, calls: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        let response = client.get(url).send().await.expect("a response");
        response.bytes().await.expect("a body");
    }
    start.elapsed() / calls
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn main() {
    let (address, _service) = serve();
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let chaos = ChaosManager::new();
        println!("µs per call, median of {ROUNDS} rounds\n");
        println!("{:50} {:>8} {:>8}", "", "plain", "ours");
        for case in &CASES {
            let builder = || (case.configure)(Client::builder().no_proxy());
            let plain = builder().build().expect("a client");
            let ours = chaos_tower::reqwest::client(&chaos, "payments", builder());
            let ours = ours.expect("a client");
            let url = format!("http://{address}{}", case.path);
            let (mut by_plain, mut by_ours) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                by_plain.push(per_call(&plain, &url, case.calls).await);
                by_ours.push(per_call(&ours, &url, case.calls).await);
            }
            println!(
                "{:50} {:8.1} {:8.1}",
                case.name,
                median(by_plain),
                median(by_ours)
            );
        }
    });
}
