//! An axum server, called by a plain client.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosLayer, ChaosManager, Experiment, Failure, Fault, Latency, Rate,
};
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::sync::oneshot;

use crate::load::{measure, panics};

const P50: Duration = Duration::from_millis(40);
const P99: Duration = Duration::from_millis(160);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_axum_server_under_load_fails_at_the_expected_rates() {
    let before = panics();
    let chaos = ChaosManager::builder().keep_entries(0).build();
    let orders = || BlastRadius::requests_to("orders");
    let share = |percent| Rate::percent(percent).unwrap();
    let slow = Latency::quantiles([(0.5, P50), (0.99, P99)]).unwrap();
    let experiments = [
        Experiment::new("1 slow")
            .fault(Fault::latency(slow))
            .blast_radius(orders()),
        Experiment::new("2 unavailable")
            .fault(Fault::error(Failure::Unavailable))
            .blast_radius(orders().rate(share(20.0))),
        Experiment::new("3 overloaded")
            .fault(Fault::error(Failure::Overloaded))
            .blast_radius(orders().rate(share(10.0))),
    ];
    let guards: Vec<_> = experiments.map(|one| chaos.start(one).unwrap()).into();

    let app = Router::new()
        .route("/orders", get(async || "orders"))
        .layer(ChaosLayer::server(&chaos, "orders"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/orders", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(async { server.await });
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let measured = measure(move || {
        let request = Request::get(&url).body(Empty::new()).unwrap();
        let call = client.request(request);
        async {
            let reply = call.await.unwrap();
            let status = reply.status().as_u16();
            reply.into_body().collect().await.unwrap();
            status
        }
    })
    .await;

    measured.assert_share(503, 0.2);
    // The first failure wins, so this is a tenth of the remaining requests.
    measured.assert_share(429, 0.08);
    measured.assert_share(200, 0.72);
    let injected: u64 = guards
        .iter()
        .map(chaos_tower::ExperimentGuard::injected)
        .sum();
    let failed = u64::from(measured.answers[&503] + measured.answers[&429]);
    assert_eq!(injected, 10_000 + failed);
    let (p50, p99) = (measured.quantile(0.5), measured.quantile(0.99));
    println!(
        "p50 {p50:?} of {P50:?}, p99 {p99:?} of {P99:?}, {:?}",
        measured.answers
    );
    // Never early; how late they are depends on what else the machine does.
    assert!(p50 >= P50 * 9 / 10, "{p50:?}");
    assert!(p99 >= P99 * 9 / 10, "{p99:?}");

    // The server ends only when all its connections have ended.
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), server).await;
    ended.expect("no connection is left").unwrap().unwrap();
    chaos.halt();
    chaos.halted().await;
    assert_eq!(panics(), before);
}
