//! Runs that are interrupted or killed.

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use chaos_admin::Admin;
use chaos_core::{ChaosManager, Role};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::shop::Shop;
use crate::{finish, judge};

#[tokio::test]
async fn an_interrupt_leaves_the_target_clean_and_a_report() {
    let shop = Shop::open().await;
    let child = shop.run("60s").spawn().unwrap();
    shop.is_clean(false).await;
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, stdout, stderr) = finish(child).await;
    assert_eq!(code, Some(3), "{stderr}");
    assert!(shop.chaos.overview().running.is_empty());
    assert!(
        stdout.starts_with("# refused payments: aborted\n\ninterrupted by SIGINT.\n"),
        "{stdout}"
    );
}

#[tokio::test]
async fn an_interrupted_run_closes_its_annotation_and_says_what_does_not_answer() {
    let (asked, mut requests) = mpsc::unbounded_channel();
    let annotate = async move |request: Request| {
        let token = request.headers().get("authorization");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        asked.send((request.method().clone(), token)).unwrap();
        r#"{ "id": 7 }"#
    };
    let app = axum::Router::new().fallback(axum::routing::any(annotate));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let grafana = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let shop = Shop::open().await;
    let mut run = shop.run("60s");
    run.env("CHAOS_GRAFANA_TOKEN", "a-secret");
    run.args(["--grafana", &grafana, "--silence", "http://127.0.0.1:9"]);
    run.args(["--silence-matcher", "service=orders"]);
    let child = run.spawn().unwrap();
    let authorized = Some("Bearer a-secret".to_owned());
    let begun = requests.recv().await.unwrap();
    assert_eq!(begun, (Method::POST, authorized.clone()));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, _, stderr) = finish(child).await;
    assert_eq!(code, Some(3), "{stderr}");
    assert_eq!(requests.recv().await, Some((Method::PATCH, authorized)));
    assert!(stderr.contains("Alertmanager: "), "{stderr}");
    let record = std::fs::read_to_string(shop.record()).unwrap();
    assert!(!record.contains("a-secret"));
}

#[tokio::test]
async fn a_killed_command_leaves_the_target_clean_and_a_record() {
    let shop = Shop::open().await;
    let mut child = shop.run("60s").spawn().unwrap();
    shop.is_clean(false).await;
    child.kill().unwrap();
    child.wait().unwrap();
    // By the lease, on the clock of the target.
    shop.is_clean(true).await;
    let (code, judged) = judge(&shop.record());
    assert_eq!(code, Some(3));
    assert!(judged.contains("the record ends in the stage "), "{judged}");
}

const TOKEN: &str = "a-token-of-16-characters";

/// The API of the shop, but some requests are only noted, and get no reply.
async fn deaf_to(
    chaos: &ChaosManager,
    is_ignored: fn(&Request) -> bool,
) -> (String, mpsc::UnboundedReceiver<()>) {
    let (noted, ignored) = mpsc::unbounded_channel();
    let ignore = move |request: Request, next: Next| {
        let noted = noted.clone();
        async move {
            if is_ignored(&request) {
                noted.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            next.run(request).await
        }
    };
    let admin = Admin::new(chaos)
        .token(Role::Operator, "anna", TOKEN)
        .unwrap();
    let api = admin.router().unwrap().layer(from_fn(ignore));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, api).await });
    (address, ignored)
}

#[tokio::test]
async fn a_second_interrupt_exits_at_once_whatever_hangs() {
    let shop = Shop::open().await;
    let (api, mut stops) = deaf_to(&shop.chaos, |one| one.method() == Method::DELETE).await;
    let mut child = shop.run("60s");
    let child = child.args(["--admin", &api, "--token", TOKEN]).spawn();
    let child = child.unwrap();
    shop.is_clean(false).await;
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).unwrap();
    stops.recv().await.unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let (code, _, stderr) = finish(child).await;
    assert_eq!(code, Some(130), "{stderr}");
    shop.is_clean(true).await;
}

#[tokio::test]
async fn an_interrupt_while_a_run_is_planned_ends_the_command() {
    let shop = Shop::open().await;
    let (api, mut asked) = deaf_to(&shop.chaos, |one| one.uri().path().ends_with("/sites")).await;
    let mut command = shop.run("60s");
    let child = command.args(["--admin", &api, "--token", TOKEN]).spawn();
    let child = child.unwrap();
    asked.recv().await.unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, _, stderr) = finish(child).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert_eq!(stderr, "error: interrupted by SIGINT\n");
}
