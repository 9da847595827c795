//! Thousands of requests that are valid but for a few changes: each is answered or cut off, and none does what it may not.
//!
//! `CHAOS_ATTACKS` sets their number, and `CHAOS_ATTACK_SEED` repeats those of a failure.

#![allow(clippy::print_stdout, reason = "a failure needs its seed")]

mod mutation;
mod protocol;
mod request;

use std::collections::BTreeMap;
use std::io::Read;

use chaos_core::journal::JournalItem;
use chaos_core::{EndReason, Event};
use fastrand::Rng;
use serde_json::Value;

use crate::access::{ANNA, BEN, with_tokens};
use crate::client::{Client, Reply};
use crate::{Door, SLOW};
use mutation::mutate;
use request::{Refusal, Request, VALID, needs_operator};

/// The attacks on one API, which are fewer than its limits a second.
const ATTACKS_OF_A_DOOR: u64 = 25;

#[test]
fn no_attack_does_what_it_may_not() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let attacks = number("CHAOS_ATTACKS").unwrap_or(500);
    let seed = number("CHAOS_ATTACK_SEED").unwrap_or_else(|| fastrand::u64(..));
    let mut replies = BTreeMap::new();
    for first in 0..attacks.div_ceil(ATTACKS_OF_A_DOOR) {
        let seed = seed.wrapping_add(first);
        println!("repeat with CHAOS_ATTACK_SEED={seed} CHAOS_ATTACKS={ATTACKS_OF_A_DOOR}");
        attack_a_door(&mut Rng::with_seed(seed), &mut replies);
    }
    println!("replies of each status, 0 for none: {replies:?}");
}

fn attack_a_door(random: &mut Rng, replies: &mut BTreeMap<u16, u64>) {
    let has_tokens = random.bool();
    let door = if has_tokens {
        with_tokens()
    } else {
        Door::open()
    };
    let anna = format!("Bearer {ANNA}");
    let headers = [
        ("authorization", anna.as_str()),
        ("content-type", "application/json"),
    ];
    let started = door
        .unix()
        .send("POST", "/experiments?lease=1m", &headers, SLOW);
    started.expect(201);
    let mut seen = door.chaos.overview().journal_next;
    for _ in 0..ATTACKS_OF_A_DOOR {
        let route = random.usize(..VALID.len());
        let mut request = Request::valid(route);
        let is_unix = random.bool();
        let is_operator = if has_tokens { random.bool() } else { is_unix };
        if has_tokens {
            let token = if is_operator { ANNA } else { BEN };
            request.add("authorization", format!("Bearer {token}"));
            request.with_token = true;
        }
        if needs_operator(route) && !is_operator {
            request.refuse(Refusal::Forbidden);
        }
        mutate(&mut request, random);
        let client = if is_unix { door.unix() } else { door.tcp() };
        let reply = answered(&client, &request);
        let status = reply.as_ref().map_or(0, |reply| reply.status);
        *replies.entry(status).or_default() += 1;
        let shown = || {
            let (refusal, broken) = (request.refusal, request.broken);
            let bytes = String::from_utf8_lossy(&request.bytes()).into_owned();
            format!("{bytes:.2000}\n({refusal:?}, broken: {broken})\n{reply:?}")
        };
        let is_halt = VALID[route].1 == "/halt";
        let may_change = match request.refusal {
            Refusal::Unknown => true,
            Refusal::Invalid => is_halt,
            Refusal::Forbidden => false,
        };
        match &reply {
            None => assert!(request.broken, "no reply to {}", shown()),
            Some(reply) if reply.status < 300 => assert!(may_change, "{}", shown()),
            Some(reply) => assert!(is_clear(reply, &request), "{}", shown()),
        }
        let succeeded = reply.as_ref().is_some_and(|reply| reply.status < 300);
        let changes = changes_since(&door, &mut seen);
        // The reply to broken HTTP may be lost, but not its effect.
        let is_explained = succeeded || (request.broken && may_change);
        assert!(
            changes.is_empty() || is_explained,
            "{changes:?} by {}",
            shown()
        );
    }
    let headers = [("authorization", &*format!("Bearer {BEN}"))];
    door.unix().send("POST", "/halt", &headers, "").expect(200);
}

/// The reply to a request, if the connection is not closed without one.
fn answered(client: &Client, request: &Request) -> Option<Reply> {
    let mut stream = client.connect();
    // A server that refuses a request may close before it has read all of it.
    let _ = stream.write_all(&request.bytes());
    if request.broken {
        stream.close_sending();
    }
    let mut reply = Vec::new();
    let mut some = [0; 4096];
    while !is_whole(&reply) {
        match stream.read(&mut some) {
            Ok(0) | Err(_) => break,
            Ok(length) => reply.extend(&some[..length]),
        }
    }
    let reply = String::from_utf8_lossy(&reply).into_owned();
    (!reply.is_empty()).then(|| Reply::parse(&reply))
}

/// Whether nothing of a reply is missing; of a feed, only the head is read.
fn is_whole(reply: &[u8]) -> bool {
    let text = String::from_utf8_lossy(reply);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_lowercase();
    let length = head
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    head.contains("text/event-stream") || length.is_some_and(|length: usize| body.len() >= length)
}

/// Whether an error says what is wrong; that of broken HTTP comes before the API.
fn is_clear(reply: &Reply, request: &Request) -> bool {
    if request.broken && reply.body.is_empty() {
        return (400..500).contains(&reply.status) || reply.status == 505;
    }
    let problem: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let says = |key: &str| problem[key].as_str().is_some_and(|text| !text.is_empty());
    (400..500).contains(&reply.status)
        && reply.header("content-type") == Some("application/problem+json")
        && problem["status"] == reply.status
        && says("title")
        && says("detail")
}

/// The changes that were asked for since the last look.
fn changes_since(door: &Door, seen: &mut u64) -> Vec<Event> {
    let page = door.chaos.journal_since(*seen);
    *seen = page.next;
    let events = page.items.into_iter().filter_map(|item| match item {
        JournalItem::Entry(entry) => Some(entry.event.clone()),
        _ => None,
    });
    let is_asked = |event: &Event| match event {
        Event::Started { .. } | Event::Halted { .. } | Event::Resumed { .. } => true,
        Event::Ended { reason, .. } => {
            matches!(reason, EndReason::Stopped(_) | EndReason::Replaced(_))
        }
        _ => false,
    };
    events.filter(is_asked).collect()
}
