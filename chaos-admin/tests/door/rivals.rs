//! Many operators at once.

use std::sync::{Arc, Barrier};

use chaos_core::Event;

use crate::client::Reply;
use crate::{Door, SLOW};

const RIVALS: usize = 50;

/// Sends a request of each rival at the same time; one that meets the limit of requests a second tries again.
fn at_once(
    door: &Door,
    method: &'static str,
    path: &'static str,
    headers: &[(&str, &str)],
    body: &str,
) -> Vec<Reply> {
    let barrier = Arc::new(Barrier::new(RIVALS));
    std::thread::scope(|scope| {
        let rival = |number: usize| {
            let (client, barrier) = (door.unix(), Arc::clone(&barrier));
            let name = format!("rival {number}");
            let headers = headers.to_vec();
            scope.spawn(move || {
                let mut headers = headers;
                headers.extend([
                    ("content-type", "application/json"),
                    ("chaos-actor", name.as_str()),
                ]);
                barrier.wait();
                loop {
                    let reply = client.send(method, path, &headers, body);
                    if reply.status != 429 {
                        return reply;
                    }
                }
            })
        };
        let rivals: Vec<_> = (0..RIVALS).map(rival).collect();
        rivals
            .into_iter()
            .map(|rival| rival.join().unwrap())
            .collect()
    })
}

fn of_status(replies: &[Reply], status: u16) -> usize {
    replies
        .iter()
        .filter(|reply| reply.status == status)
        .count()
}

fn starts(door: &Door) -> usize {
    let journal = door.chaos.journal();
    let starts = journal
        .iter()
        .filter(|entry| matches!(entry.event, Event::Started { .. }));
    starts.count()
}

#[test]
fn of_many_starts_of_one_name_one_succeeds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let door = Door::opened(|admin| admin.audit_to(&path).unwrap());
    let replies = at_once(&door, "POST", "/experiments", &[], SLOW);
    assert_eq!(
        (of_status(&replies, 201), of_status(&replies, 409)),
        (1, RIVALS - 1)
    );
    assert_eq!(starts(&door), 1);
    let started = replies
        .iter()
        .find(|reply| reply.status == 201)
        .unwrap()
        .json();
    let holder = started["experiments"][0]["by"]["by"]["remote"]["name"]
        .as_str()
        .unwrap_or_default();
    for refused in replies.iter().filter(|reply| reply.status == 409) {
        let problem = refused.json();
        assert!(
            problem["holder"].as_str().unwrap().contains(holder),
            "{problem}"
        );
    }
    // Each start is announced, and each that was refused says so.
    let audit = std::fs::read_to_string(&path).unwrap();
    let refused = audit
        .lines()
        .filter(|line| line.contains("\"refused\":"))
        .count();
    assert_eq!(
        (audit.lines().count() - refused, refused),
        (RIVALS, RIVALS - 1)
    );
}

#[test]
fn of_many_replacements_of_one_run_one_succeeds() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let seen = door.unix().get("/experiments/slow").expect(200);
    let etag = [("if-match", seen.header("etag").unwrap())];
    let replies = at_once(&door, "PUT", "/experiments/slow", &etag, SLOW);
    assert_eq!(
        (of_status(&replies, 200), of_status(&replies, 412)),
        (1, RIVALS - 1)
    );
    assert_eq!(starts(&door), 2);
}
