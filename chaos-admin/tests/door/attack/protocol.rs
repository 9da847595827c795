//! Other protocols, and several requests on one connection.

use crate::{Door, SLOW};

#[test]
fn prefaces_of_other_protocols_are_refused() {
    let door = Door::open();
    for preface in [
        "GET /chaos/v1/status\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\0\x01\0\x01\u{fc}",
        "EHLO localhost\r\n\r\n",
        "\r\n\r\n\r\n\r\n\0",
    ] {
        let mut stream = door.tcp().connect();
        let _ = stream.write_all(preface.as_bytes());
        stream.close_sending();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply);
        assert!(!reply.contains(" 200 "), "{preface:?}: {reply}");
    }
    door.unix().get("/status").expect(200);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let door = Door::open();
    let request = |method, path, body: &str| {
        let length = body.len();
        format!(
            "{method} /chaos/v1{path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
        )
    };
    let start = request("POST", "/experiments", SLOW);
    let stop = request("DELETE", "/experiments/slow", "");
    let pipeline = format!("{start}\r\n{SLOW}{stop}\r\n{stop}connection: close\r\n\r\n");
    let mut stream = door.unix().connect();
    stream.write_all(pipeline.as_bytes()).unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    let statuses: Vec<_> = replies
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &replies[at + 9..at + 12])
        .collect();
    assert_eq!(statuses, ["201", "204", "404"]);
}

#[test]
fn what_follows_a_request_with_two_lengths_is_not_read() {
    let door = Door::open();
    let smuggled =
        "0\r\n\r\nPOST /chaos/v1/halt HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    let length = format!("content-length: {}\r\n", smuggled.len());
    let chunked = "transfer-encoding: chunked\r\n".to_owned();
    for lengths in [length.clone() + &chunked, chunked + &length] {
        let request =
            format!("POST /chaos/v1/resume HTTP/1.1\r\nhost: localhost\r\n{lengths}\r\n{smuggled}");
        let mut stream = door.unix().connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut replies = Vec::new();
        // Until the connection is closed.
        let _ = stream.read_to_end(&mut replies);
        assert!(door.chaos.overview().halts.is_empty());
    }
}
