//! A tonic server and its client, each behind its own layer.

use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault, Rate};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::load::{measure, panics};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tonic_server_and_its_client_fail_at_the_expected_rates() {
    let before = panics();
    let chaos = ChaosManager::builder().keep_entries(0).build();
    // Health checks are exempt unless an experiment names them, as this one does.
    let check = "POST /grpc.health.v1.Health/Check";
    let share = |percent| Rate::percent(percent).unwrap();
    let server_side = BlastRadius::requests_to("orders")
        .operation(check)
        .rate(share(20.0));
    let overloaded = chaos
        .inject(server_side, Fault::error(Failure::Overloaded))
        .unwrap();
    let client_side = BlastRadius::calls_to("orders")
        .operation(check)
        .rate(share(10.0));
    let refused = chaos
        .inject(client_side, Fault::error(Failure::Refused))
        .unwrap();

    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("", tonic_health::ServingStatus::Serving)
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder()
        .layer(ChaosLayer::server(&chaos, "orders"))
        .add_service(health)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), async {
            let _ = stopped.await;
        });
    let server = tokio::spawn(server);
    let channel = Channel::from_shared(url).unwrap().connect_lazy();
    let channel = ServiceBuilder::new()
        .layer(ChaosLayer::client(&chaos, "orders"))
        .service(channel);
    let client = HealthClient::new(channel);
    let measured = measure(move || {
        let mut client = client.clone();
        async move {
            let check = Request::new(HealthCheckRequest::default());
            let reply = client.check(check).await;
            reply.map_or_else(|status| status.code(), |_| Code::Ok) as u16
        }
    })
    .await;

    measured.assert_share(Code::Unavailable as u16, 0.1);
    measured.assert_share(Code::ResourceExhausted as u16, 0.18);
    measured.assert_share(Code::Ok as u16, 0.72);
    println!("{:?}", measured.answers);
    let seen = |code: Code| u64::from(measured.answers[&(code as u16)]);
    assert_eq!(refused.injected(), seen(Code::Unavailable));
    assert_eq!(overloaded.injected(), seen(Code::ResourceExhausted));

    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), server).await;
    ended.expect("no connection is left").unwrap().unwrap();
    chaos.halt();
    chaos.halted().await;
    assert_eq!(panics(), before);
}
