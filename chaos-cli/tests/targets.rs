//! Targets that are found, started and examined.
#![cfg(unix)]

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use axum::Router;
use axum::routing::get;
use chaos_admin::{Address, Admin};
use chaos_core::{ChaosManager, Environment, Role};
use chaos_tower::ChaosLayer;
use serde_json::Value;
use tokio::net::TcpListener;

const TOKEN: &str = "a-token-of-16-characters";

const SUITE: &str = "\
version: 1
load: { per_second: 100, requests: [{ path: /health }] }
stages: { baseline: 1s, inject: 2s, recover: 0s, cooldown: 0s }
scenarios:
  - name: slow network
    experiments: [{ name: slow, fault: { latency: 20ms }, blast_radius: { streams_to: target } }]
";

fn app() -> Router {
    Router::new().route("/health", get(async || "well"))
}

async fn serve(address: &str, app: Router) -> u16 {
    let listener = TcpListener::bind(address).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

/// The command, with the port of its target.
fn lab(directory: &Path, port: u16, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos-lab"));
    command
        .args(arguments.split(' '))
        .current_dir(directory)
        .stdin(Stdio::null())
        .env("CHAOS_TARGET_PORT", port.to_string())
        .env("APP_PORT", free_port().to_string());
    for name in [
        "CHAOS_ADMIN",
        "CHAOS_ENVIRONMENT",
        "CHAOS_HALT_FILE",
        "CHAOS_LAB_ADMIN",
        "CHAOS_LAB_TOKEN",
        "CHAOS_POLICY",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs a command without holding up the runtime that serves its target.
async fn ended(mut command: Command) -> (Option<i32>, String, String) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let Output {
        status,
        stdout,
        stderr,
    } = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[tokio::test]
async fn a_target_without_an_api_is_found_and_driven_through_a_relay() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("net.yaml"), SUITE).unwrap();
    let port = serve("127.0.0.1:0", app()).await;
    let run = "run net.yaml --target auto --fail-on violated --output out";
    let (code, stdout, stderr) =
        ended(lab(directory.path(), port, &format!("{run} --env test"))).await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let notes =
        format!("the target is http://127.0.0.1:{port}\n`--admin` is not given, and no API");
    assert!(stderr.starts_with(&notes), "{stderr}");
    assert!(
        stdout.contains("| latency | `read` of target (stream) |"),
        "{stdout}"
    );
    assert!(stdout.contains("The reports are in out/"), "{stdout}");

    let (code, _, stderr) = ended(lab(directory.path(), port, run)).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("the environment is production"), "{stderr}");

    let elsewhere = SUITE.replace("streams_to: target", "calls_to: payments");
    fs::write(directory.path().join("net.yaml"), elsewhere).unwrap();
    let (_, stdout, _) = ended(lab(directory.path(), port, &format!("{run} --env test"))).await;
    let not_run = "| slow network | not run | the target refused: `slow` strikes calls to payments, but a relay";
    assert!(stdout.contains(not_run), "{stdout}");
    // Without a file, the path that was found is the probe.
    let catalogue = "run network-latency --target auto --env test --scale 0.02 --path /health";
    let (_, stdout, stderr) = ended(lab(directory.path(), port, catalogue)).await;
    assert!(!stdout.contains("no health probes"), "{stdout}{stderr}");
    assert!(stdout.contains("failed health probes"), "{stdout}{stderr}");

    let without_load = SUITE.replace("load:", "business_rules: [] #");
    fs::write(directory.path().join("net.yaml"), without_load).unwrap();
    let (code, _, stderr) = ended(lab(directory.path(), port, &format!("{run} --env test"))).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("`slow network` has no load"), "{stderr}");
    fs::write(directory.path().join("net.yaml"), SUITE).unwrap();
    let mut halted = lab(directory.path(), port, run);
    halted
        .env("CHAOS_HALT_FILE", "net.yaml")
        .env("CHAOS_ENVIRONMENT", "test");
    let (_, stdout, stderr) = ended(halted).await;
    assert!(stderr.contains("halted by the file"), "{stdout}{stderr}");
    let none = ended(lab(directory.path(), free_port(), run)).await;
    assert_eq!(none.0, Some(4), "{none:?}");
    let unknown = ended(lab(directory.path(), port, &format!("{run} --env tset"))).await;
    assert_eq!(unknown.0, Some(2), "{unknown:?}");
    assert!(
        unknown.2.contains("no environment is named `tset`"),
        "{unknown:?}"
    );
}

/// Serves a target for the test below until it is killed.
#[tokio::test]
#[ignore = "it is a program, which a test starts"]
async fn program_that_serves_a_target() {
    let Ok(port) = std::env::var("CHAOS_TARGET_PORT") else {
        return;
    };
    serve(&format!("127.0.0.1:{port}"), app()).await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_target_that_is_spawned_is_waited_for_and_ended() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("net.yaml"), SUITE).unwrap();
    let program = std::env::current_exe().unwrap();
    let program = program.display();
    let command = format!("'{program}' --exact program_that_serves_a_target --ignored");
    let run = "run net.yaml --target auto --env test --fail-on violated --spawn";
    let port = free_port();
    let mut with_command = lab(directory.path(), port, run);
    with_command.arg(command);
    let (code, stdout, stderr) = ended(with_command).await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    let reports = fs::read_dir(directory.path().join("chaos-reports")).unwrap();
    let reports: Vec<_> = reports.map(|one| one.unwrap().path()).collect();
    let [report] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert!(report.join("target.log").exists());

    let ends = format!("{run} false");
    let (code, _, stderr) = ended(lab(directory.path(), port, &ends)).await;
    assert_eq!(code, Some(4), "{stderr}");
    assert!(
        stderr.contains("`false` ended with exit status: 1 before it answered"),
        "{stderr}"
    );
    let port = serve("127.0.0.1:0", app()).await;
    let (code, _, stderr) = ended(lab(directory.path(), port, &ends)).await;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("something listens already"), "{stderr}");
}

#[tokio::test]
async fn targets_are_listed_with_what_is_wrong_with_them() {
    let directory = tempfile::tempdir().unwrap();
    let port = serve("127.0.0.1:0", app()).await;
    let (code, stdout, _) = ended(lab(directory.path(), port, "targets")).await;
    assert_eq!(code, Some(0), "{stdout}");
    let mut lines = stdout.lines();
    let first = format!("http://127.0.0.1:{port}  healthy: /health answers 200");
    assert_eq!(lines.next(), Some(first.as_str()));
    assert!(
        lines.next().unwrap().ends_with("  nothing listens there"),
        "{stdout}"
    );
}

fn topics(json: &str) -> Vec<(String, String)> {
    let checks: Vec<Value> = serde_json::from_str(json).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = checks.iter();
    checks
        .map(|one| (text(&one["topic"]), text(&one["level"])))
        .collect()
}

#[tokio::test]
async fn the_doctor_examines_what_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let has = |json: &str, topic: &str, level: &str| {
        let topics = topics(json);
        let expected = (topic.to_owned(), level.to_owned());
        assert!(topics.contains(&expected), "{topics:?}");
    };
    let plain = serve("127.0.0.1:0", app()).await;
    let (code, stdout, stderr) = ended(lab(directory.path(), plain, "doctor --json")).await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    has(&stdout, "target", "ok");
    has(&stdout, "admin", "warning");

    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let shop = app().layer(ChaosLayer::server(&chaos, "shop"));
    let port = serve("127.0.0.1:0", shop).await;
    let socket = Address::Unix(directory.path().join("chaos.sock"));
    let admin = Admin::new(&chaos).listen(socket).serve().unwrap();
    let examine = "doctor --json --target auto --admin unix:chaos.sock";
    let (code, stdout, stderr) = ended(lab(directory.path(), port, examine)).await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    for topic in ["admin", "injection", "sites", "ids", "clock"] {
        has(&stdout, topic, "ok");
    }
    chaos.halt();
    let (code, stdout, _) = ended(lab(directory.path(), port, examine)).await;
    assert_eq!(code, Some(5), "{stdout}");
    has(&stdout, "halt", "problem");
    drop(admin);
    let (code, stdout, _) = ended(lab(directory.path(), port, examine)).await;
    assert_eq!(code, Some(4), "{stdout}");
    has(&stdout, "admin", "problem");
    let (code, stdout, _) = ended(lab(directory.path(), free_port(), "doctor --json")).await;
    assert_eq!(code, Some(4), "{stdout}");
    has(&stdout, "target", "problem");
}

#[tokio::test]
async fn an_api_at_the_address_of_the_target_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let admin = Admin::new(&chaos).token(Role::Operator, "anna", TOKEN);
    let api = admin.unwrap().router().unwrap();
    let shop = app().layer(ChaosLayer::server(&chaos, "shop"));
    let port = serve("127.0.0.1:0", shop.merge(api)).await;
    let suite = SUITE.replace(
        "streams_to: target",
        "requests_to: shop, operation: GET /health",
    );
    fs::write(directory.path().join("shop.yaml"), suite).unwrap();
    let run = format!("run shop.yaml --fail-on violated --target http://127.0.0.1:{port}");
    let (code, _, stderr) = ended(lab(
        directory.path(),
        port,
        &format!("{run} --token {TOKEN}"),
    ))
    .await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(chaos.overview().totals.injected > 100);
    let note = format!("the API of the target is at 127.0.0.1:{port}\n");
    assert!(stderr.starts_with(&note), "{stderr}");
    // An API that refuses is no reason for a relay.
    let (code, _, stderr) = ended(lab(directory.path(), port, &run)).await;
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("the target refused: "), "{stderr}");
}

#[tokio::test]
async fn completions_name_the_subcommands() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) =
            ended(lab(directory.path(), 1, &format!("completions {shell}"))).await;
        assert_eq!(code, Some(0));
        assert!(script.contains("doctor"), "{script}");
    }
}
