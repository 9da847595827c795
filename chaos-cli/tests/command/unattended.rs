//! The monkey, and what a feature flag arms.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::routing::post;
use axum::{Json, Router};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::shop::Shop;
use crate::{finish, lab, output};

const REFUSED: &str = "
experiments:
  - { name: refused, fault: { error: refused }, blast_radius: { points_at: payments }, time_limit: 60s }
";

fn written(shop: &Shop, name: &str, text: &str) -> PathBuf {
    let path = shop.path(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn of(shop: &Shop, mut command: Command) -> Command {
    let socket = shop.path("chaos.sock");
    command.env("CHAOS_LAB_ADMIN", format!("unix:{}", socket.display()));
    command
}

/// A monkey that strikes each second in which nothing runs.
fn eager_monkey(shop: &Shop) -> Command {
    let head = "version: 1\nevery: 1s\nprobability: 100%\nat_most_a_day: 100000\npolicy: { windows: { low: { days: mon-sun } } }";
    let file = written(shop, "monkey.yaml", &format!("{head}{REFUSED}"));
    let mut command = lab(["monkey", "run"]);
    command.arg(file);
    of(shop, command)
}

#[tokio::test]
async fn a_monkey_that_is_stopped_ends_its_strike_and_one_that_is_killed_leaves_it_to_the_lease() {
    let shop = Shop::open().await;
    let child = eager_monkey(&shop).spawn().unwrap();
    shop.is_clean(false).await;
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, stdout, stderr) = finish(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("began: `refused`"), "{stdout}");
    assert!(
        stdout.ends_with("ended: `refused`: interrupted by SIGINT\n"),
        "{stdout}"
    );
    assert!(shop.chaos.overview().running.is_empty());

    let mut child = eager_monkey(&shop).spawn().unwrap();
    shop.is_clean(false).await;
    child.kill().unwrap();
    child.wait().unwrap();
    shop.is_clean(true).await;
}

#[tokio::test]
async fn the_plan_of_a_monkey_is_the_same_each_time() {
    let plan = || {
        let mut plan = lab([
            "monkey",
            "plan",
            "../docs/monkey.yaml",
            "--from",
            "2026-12-01T00:00:00Z",
            "--for",
            "48h",
        ]);
        String::from_utf8(plan.output().unwrap().stdout).unwrap()
    };
    let expected = "Tue 2026-12-01 14:30 +01:00  slow payments (10m)\nWed 2026-12-02 15:30 +01:00  slow payments (10m)\n";
    assert_eq!(plan(), expected);
    assert_eq!(plan(), expected);
}

#[tokio::test]
async fn an_experiment_runs_while_its_flag_is_on() {
    let shop = Shop::open().await;
    let is_on = Arc::new(AtomicBool::new(false));
    let answered = Arc::clone(&is_on);
    let evaluate = async move |Json(asked): Json<Value>| {
        assert_eq!(asked, json!({ "context": { "targetingKey": "chaos-lab" } }));
        Json(
            json!({ "key": "slow/payments", "reason": "STATIC", "variant": "a", "value": answered.load(Ordering::SeqCst) }),
        )
    };
    let app = Router::new().route("/ofrep/v1/evaluate/flags/slow%2Fpayments", post(evaluate));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ofrep = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let file = written(&shop, "refused.yaml", &format!("version: 1{REFUSED}"));
    let mut command = lab(["flag", "slow/payments"]);
    command.arg(file).args(["--ofrep", &ofrep]);
    let child = of(&shop, command).spawn().unwrap();
    is_on.store(true, Ordering::SeqCst);
    shop.is_clean(false).await;
    is_on.store(false, Ordering::SeqCst);
    shop.is_clean(true).await;
    is_on.store(true, Ordering::SeqCst);
    shop.is_clean(false).await;
    server.abort();
    // By the lease: no answer is no renewal.
    shop.is_clean(true).await;
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (code, stdout, stderr) = finish(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("the experiment has ended: the flag is off"),
        "{stdout}"
    );
    assert!(stdout.contains("no answer about the flag: "), "{stdout}");
}

#[tokio::test]
async fn a_flag_arms_one_experiment() {
    let shop = Shop::open().await;
    let two = format!(
        "version: 1{REFUSED}{}",
        REFUSED
            .replace("experiments:\n", "")
            .replace("name: refused", "name: again")
    );
    let file = written(&shop, "two.yaml", &two);
    let mut command = lab(["flag", "a"]);
    command.arg(&file).args(["--ofrep", "http://127.0.0.1:9"]);
    let (code, stderr) = output(of(&shop, command));
    assert_eq!(code, Some(2));
    let problem = format!(
        "error: {}: expected one experiment, as a flag arms one, found 2\n",
        file.display()
    );
    assert_eq!(stderr, problem);
}
