//! Clients that send or read slowly, or send far too much.

use std::io::{Read, Write};

use crate::client::Stream;
use crate::{Door, SLOW};

/// More than the connections that an address has at a time.
const CROWD: usize = 300;

fn crowd(door: &Door, sent: &str) -> Vec<Box<dyn Stream>> {
    let connect = |_| {
        let mut stream = door.tcp().connect();
        // An older connection may be closed for a later one.
        let _ = stream.write_all(sent.as_bytes());
        stream
    };
    (0..CROWD).map(connect).collect()
}

#[test]
fn a_crowd_of_silent_clients_keeps_no_other_from_halting() {
    let door = Door::open();
    for sent in [
        "",
        "POST /chaos/v1/ha",
        "POST /chaos/v1/validate HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{",
        "GET /chaos/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ] {
        let crowd = crowd(&door, sent);
        door.tcp().post("/halt", "").expect(200);
        drop(crowd);
    }
}

/// A body of 100 MB that is sent in parts; returns what came back.
fn flood(door: &Door, framing: &str, part: &[u8]) -> String {
    let mut stream = door.unix().connect();
    let head = format!(
        "POST /chaos/v1/experiments HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/yaml\r\n{framing}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let parts = 100_000_000 / part.len();
    // The server closes long before.
    let sent = (0..parts)
        .take_while(|_| stream.write_all(part).is_ok())
        .count();
    assert!(sent < parts, "all of it was read");
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

#[test]
fn a_huge_body_is_refused_before_it_is_read() {
    let door = Door::open();
    let announced = flood(&door, "content-length: 100000000", &[b'x'; 10_000]);
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
    let chunk = [b"2710\r\n", &[b'x'; 10_000][..], b"\r\n"].concat();
    let chunked = flood(&door, "transfer-encoding: chunked", &chunk);
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
    assert!(door.chaos.status().is_empty());
    door.unix().post("/experiments", SLOW).expect(201);
}

#[test]
fn a_halt_does_not_wait_for_its_body() {
    let door = Door::open();
    let mut stream = door.tcp().connect();
    stream
        .write_all(
            b"POST /chaos/v1/halt HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000000\r\n\r\n",
        )
        .unwrap();
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 200");
    assert!(!door.chaos.overview().halts.is_empty());
}

#[test]
fn followers_of_the_page_are_bounded_and_keep_no_other_from_halting() {
    let door = Door::open();
    let follow = |_| {
        let mut lines = door.tcp().lines("/live", &[]);
        (lines.next(), lines)
    };
    // None of them reads more than that it was admitted.
    let followers: Vec<_> = (0..64).map(follow).collect();
    for (status, _) in &followers {
        assert_eq!(status.as_deref(), Some("HTTP/1.1 200 OK"));
    }
    let (status, _) = follow(64);
    assert_eq!(status.as_deref(), Some("HTTP/1.1 503 Service Unavailable"));
    let refused = door.tcp().get("/live").expect(503).json();
    assert!(refused["detail"].as_str().unwrap().contains("64"));
    door.tcp().post("/halt", "").expect(200);
    assert!(!door.chaos.overview().halts.is_empty());
    drop(followers);
}
