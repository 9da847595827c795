//! Halting never waits.

use std::io::{Read, Write};
use std::sync::mpsc::channel;

use chaos_core::{Actor, EndReason, Event, ExperimentState};

use crate::{Door, SLOW};

#[test]
fn a_halt_is_in_force_when_its_reply_arrives() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let headers = [("chaos-reason", "too slow"), ("chaos-actor", "anna")];
    let reply = door.unix().send("POST", "/halt", &headers, "").expect(200);
    let halt = &reply.json()["halts"][0];
    assert_eq!(halt["because"], "too slow");
    let state = &door.chaos.status()[0].state;
    assert_eq!(*state, ExperimentState::Ended(EndReason::Halted));
    let problem = door.unix().post("/experiments", SLOW).expect(409).json();
    assert_eq!(problem["title"], "halted");
    door.unix().post("/resume", "").expect(200);
    door.unix().post("/experiments", SLOW).expect(201);
    let halted_by_anna = door.chaos.journal().into_iter().any(|entry| {
        matches!(entry.event, Event::Halted { attribution }
            if matches!(&attribution.by, Actor::Remote { name, .. } if name.starts_with("anna")))
    });
    assert!(halted_by_anna);
}

#[test]
fn a_halt_and_a_status_do_not_wait_for_an_undo_that_hangs() {
    let door = Door::open();
    let (release, released) = channel::<()>();
    let (hangs, hung) = channel();
    let guard = door.chaos.inject(
        chaos_core::BlastRadius::points_at("payments"),
        chaos_core::Fault::Panic,
    );
    let guard = guard.unwrap();
    let name = guard.name().to_owned();
    guard.on_end(move || {
        let _ = hangs.send(());
        // Until the test is over, also when it fails.
        let _ = released.recv();
    });
    let client = door.unix();
    let path = format!("/experiments/{}", name.replace(' ', "%20"));
    let stopping = std::thread::spawn(move || client.send("DELETE", &path, &[], ""));
    hung.recv().unwrap();
    door.unix().get("/status").expect(200);
    door.unix().post("/halt", "").expect(200);
    assert!(!door.chaos.overview().halts.is_empty());
    drop(release);
    stopping.join().unwrap().expect(204);
}

#[test]
fn strange_bodies_and_reasons_do_not_prevent_a_halt() {
    let door = Door::open();
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", ""),
        ("application/json", "{}"),
        ("text/plain", "stop!"),
        ("application/json", "{"),
    ] {
        let headers = [("content-type", content_type)];
        door.tcp().send("POST", "/halt", &headers, body).expect(200);
        door.chaos.resume();
    }
    let reason = "x".repeat(2_000);
    let headers = [("chaos-reason", reason.as_str())];
    door.tcp().send("POST", "/halt", &headers, "").expect(200);
}

#[test]
fn a_halt_does_not_wait_for_a_large_document() {
    let door = Door::open();
    let experiment = |number: u32| {
        format!(
            "  - {{ name: n{number}, fault: panic, blast_radius: {{ points_at: payments }} }}\n"
        )
    };
    let experiments: String = (0..500).map(experiment).collect();
    // Invalid at its end, so that it is answered as soon as it is read.
    let file = format!("version: 1\nexperiments:\n{experiments}  - nothing\n");
    let head = format!(
        "POST /chaos/v1/validate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/yaml\r\ncontent-length: {}\r\n\r\n",
        file.len()
    );
    let mut reading = door.tcp().connect();
    reading.write_all((head + &file).as_bytes()).unwrap();
    let (ends, ended) = channel();
    std::thread::scope(|scope| {
        let first_to_end = ends.clone();
        scope.spawn(move || {
            reading.read_exact(&mut [0; 1]).unwrap();
            ends.send("document").unwrap();
        });
        // Asked first, so that the document is being read by now.
        door.tcp().get("/status").expect(200);
        door.tcp().post("/halt", "").expect(200);
        first_to_end.send("halt").unwrap();
    });
    assert_eq!(ended.recv().unwrap(), "halt");
}
