//! Schedules as their users see them.

use std::fs;
use std::process::{Child, Command};

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::shop::Shop;
use crate::{finish, lab, output};

/// A shop with a schedule of one entry, which is due.
async fn due(inject: &str, entry: &str) -> Shop {
    let shop = Shop::open().await;
    shop.suite(inject);
    let (code, stderr) = add(&shop, &format!("run: suite.yaml, {entry}"));
    assert_eq!(code, Some(0), "{stderr}");
    // The entry was added five minutes ago.
    let path = shop.path("chaos-schedule.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| line.parse().unwrap()).collect();
    let at = Timestamp::now() - SignedDuration::from_mins(5);
    lines[1]["at"] = at.to_string().into();
    fs::write(path, format!("{}\n{}\n", lines[0], lines[1])).unwrap();
    shop
}

/// Adds an entry that is due every three minutes.
fn add(shop: &Shop, entry: &str) -> (Option<i32>, String) {
    let text = format!("version: 1\nschedule: [{{ name: payments, every: 3m, {entry} }}]");
    fs::write(shop.path("weekly.yaml"), text).unwrap();
    output(schedule(shop, &["add", "weekly.yaml"]))
}

fn schedule(shop: &Shop, words: &[&str]) -> Command {
    let mut command = lab(["schedule"]);
    command.args(words).current_dir(shop.directory.path());
    command
}

/// Waits until the file of the schedule has a text.
async fn has(shop: &Shop, text: &str) {
    let path = shop.path("chaos-schedule.jsonl");
    while !fs::read_to_string(&path).unwrap().contains(text) {
        tokio::task::yield_now().await;
    }
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[tokio::test]
async fn what_is_due_waits_for_its_target_runs_and_is_listed() {
    let gate = "wait_until: [{ command: [test, -e, well] }, { http: /health }]";
    let shop = due("1s", gate).await;
    let child = schedule(&shop, &["run"]).spawn().unwrap();
    has(&shop, "\"waiting\"").await;
    fs::write(shop.path("well"), "").unwrap();
    has(&shop, "\"ended\"").await;
    signal(&child, Signal::TERM);
    let (code, stdout, stderr) = finish(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    let waits = "the target was not well: `test -e well`: exit status: 1";
    assert!(stdout.contains(waits), "{stdout}");
    let listed = schedule(&shop, &["list", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let reports = listed[0]["last"]["ended"]["reports"].as_str().unwrap();
    assert!(shop.path(reports).join("report.json").is_file(), "{listed}");
    let words = schedule(&shop, &["list"]).output().unwrap();
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(
        words.starts_with("payments: every 3m\n  runs suite.yaml\n  next "),
        "{words}"
    );
}

#[tokio::test]
async fn a_scheduler_that_is_killed_repeats_nothing() {
    let shop = due("60s", "wait_at_most: 1h").await;
    let child = schedule(&shop, &["run"]).spawn().unwrap();
    shop.is_clean(false).await;
    signal(&child, Signal::KILL);
    finish(child).await;
    let again = schedule(&shop, &["run"]).spawn().unwrap();
    has(&shop, "the scheduler was killed while it ran").await;
    signal(&again, Signal::INT);
    let (code, stdout, stderr) = finish(again).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stdout.contains("started"), "{stdout}");
    shop.is_clean(true).await;
}

#[tokio::test]
async fn a_signal_ends_the_run_and_the_scheduler() {
    let shop = due("60s", "wait_at_most: 1h").await;
    let child = schedule(&shop, &["run"]).spawn().unwrap();
    shop.is_clean(false).await;
    let (code, stderr) = output(schedule(&shop, &["run"]));
    assert_eq!(code, Some(2));
    assert_eq!(
        stderr.lines().last(),
        Some("error: chaos-schedule.jsonl: another scheduler runs it")
    );
    signal(&child, Signal::INT);
    let (code, stdout, stderr) = finish(child).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("ended: aborted (`refused payments`: interrupted by SIGINT)"),
        "{stdout}"
    );
    shop.is_clean(true).await;
}

#[tokio::test]
async fn entries_that_can_not_run_are_refused_when_they_are_added() {
    let shop = Shop::open().await;
    shop.suite("1s");
    let expected = [
        (
            "run: suite.yaml --sometimes",
            "`run`: unexpected argument '--sometimes' found",
        ),
        (
            "run: suite.yaml --token abc",
            "`run`: the file of a schedule has no secrets; CHAOS_LAB_TOKEN has the token",
        ),
        (
            "run: suite.yaml 'refused",
            "`run`: a quote or an escape is not closed",
        ),
        (
            "run: smoke --target 'http://u:secret@127.0.0.1:1'",
            "`run`: the file of a schedule has no secrets, so no URL in it has an account",
        ),
        (
            "run: ''",
            "`run`: expected what follows `chaos-lab run`, found nothing",
        ),
        (
            "run: none.yaml",
            "none.yaml: can't be read: No such file or directory (os error 2)",
        ),
        (
            "run: smoke --target auto, wait_until: [{ http: /health }]",
            "`wait_until`: `/health`: `http` needs a target with a URL that is there before the run",
        ),
        (
            "run: suite.yaml, wait_until: [{ prometheus: up }]",
            "`wait_until`: `up`: `prometheus` needs a target that names its server",
        ),
    ];
    for (entry, problem) in expected {
        // The quote that is not closed is one of YAML, too.
        let entry = match entry.split_once(": ") {
            Some((key, words)) if words.contains('\'') => format!("{key}: \"{words}\""),
            _ => entry.to_owned(),
        };
        let (code, stderr) = add(&shop, &entry);
        assert_eq!(code, Some(2), "{stderr}");
        assert_eq!(
            stderr,
            format!("error: weekly.yaml: `payments`: {problem}\n")
        );
    }
    assert!(!shop.path("chaos-schedule.jsonl").exists());
}
