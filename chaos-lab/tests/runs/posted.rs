//! What a run posts to its target.

use chaos_admin::{Address, Admin};
use chaos_lab::Run;
use chaos_lab::control::RemoteControl;
use chaos_lab::scenario::Target;
use http_body_util::{BodyExt, Empty};
use serde_json::Value;

use crate::shop::{Shop, manager, record, scenario, serve};

#[tokio::test]
async fn the_target_shows_business_readings_and_recoveries() {
    let chaos = manager();
    let url = serve(&chaos, Shop::LosesTrack).await;
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("chaos.sock");
    let admin = Admin::new(&chaos)
        .listen(Address::Unix(socket.clone()))
        .listen("127.0.0.1:0".parse().unwrap());
    let admin = admin.serve().unwrap();
    let mut scenario = scenario("20%");
    scenario.business_rules =
        serde_json::from_str(r#"[{ "name": "books", "http": "/books" }]"#).unwrap();
    let control = RemoteControl::new(&format!("unix:{}", socket.display())).unwrap();
    let earlier = serde_json::from_str(r#"{ "tried": 2, "succeeded": 2 }"#).unwrap();
    let target = Target::at(&url);
    let run = Run::new(&scenario, &control, &target).recovered_before(earlier);
    record(run, std::future::pending()).await.unwrap();
    let shown = get_json(&format!(
        "http://{}/chaos/v1/readings",
        admin.addresses()[1]
    ))
    .await;
    assert_eq!(shown["readings"][0]["name"], "books", "{shown}");
    assert_eq!(shown["readings"][0]["state"], "broken", "{shown}");
    assert_eq!(shown["recoveries"]["tried"], 3, "{shown}");
    assert_eq!(shown["recoveries"]["succeeded"], 3, "{shown}");
}

async fn get_json(url: &str) -> Value {
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
    let client = client.build_http::<Empty<bytes::Bytes>>();
    let reply = client.get(url.parse().unwrap()).await.unwrap();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}
