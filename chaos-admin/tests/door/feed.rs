//! The journal as it is written.

use chaos_core::{BlastRadius, Failure, Fault};
use serde_json::Value;

use crate::{Door, SLOW};

/// The next event of a feed: its name and its data.
pub(crate) fn next(lines: &mut impl Iterator<Item = String>) -> (String, Value) {
    let mut name = String::new();
    loop {
        let line = lines.next().expect("the feed does not end");
        if let Some(event) = line.strip_prefix("event: ") {
            event.clone_into(&mut name);
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return (name, serde_json::from_str(data).unwrap());
        }
    }
}

fn kinds(lines: &mut impl Iterator<Item = String>, count: usize) -> Vec<String> {
    let events = (0..count).map(|_| next(lines));
    events
        .map(|(_, data)| data["event"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_feed_shows_what_happens_after_it_is_opened() {
    let door = Door::open();
    door.chaos.halt();
    door.chaos.resume();
    let mut lines = door.tcp().lines("/events", &[]);
    assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
    door.unix().post("/experiments", SLOW).expect(201);
    door.unix()
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(204);
    assert_eq!(kinds(&mut lines, 2), ["started", "ended"]);
}

#[test]
fn a_feed_goes_on_after_the_last_event_that_the_client_saw() {
    let door = Door::open();
    door.chaos.halt();
    door.chaos.resume();
    let mut lines = door.tcp().lines("/events", &[("last-event-id", "0")]);
    assert_eq!(kinds(&mut lines, 1), ["resumed"]);
    door.chaos.halt();
    assert_eq!(kinds(&mut lines, 1), ["halted"]);
    let refused = door
        .tcp()
        .send("GET", "/events", &[("last-event-id", "x")], "");
    refused.expect(400);
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_gets_a_gap_and_delays_no_other() {
    let door = Door::open();
    let (fault, radius) = (
        Fault::error(Failure::Unavailable),
        BlastRadius::points_at("payments"),
    );
    let _guard = door.chaos.inject(radius, fault).unwrap();
    let payments = door.chaos.site("payments");
    let mut slow = door.unix().lines("/events", &[]);
    let mut fast = door.unix().lines("/events", &[]);
    assert_eq!(slow.next(), fast.next());
    let mut latest = 0;
    // More than its connection and the backlog of batches hold.
    for _ in 0..30 {
        for _ in 0..500 {
            payments.point("charge").await.unwrap_err();
        }
        let last = door.chaos.overview().journal_next - 1;
        while latest < last {
            let (name, data) = next(&mut fast);
            assert_eq!(name, "entry", "{data}");
            latest = data["number"].as_u64().unwrap();
        }
    }
    let (mut has_gap, mut expected) = (false, None);
    while expected.is_none_or(|number| number <= latest) {
        let (name, data) = next(&mut slow);
        let number = |key: &str| data[key].as_u64().unwrap();
        let (first, last) = match name.as_str() {
            "gap" => (number("first"), number("last")),
            _ => (number("number"), number("number")),
        };
        assert!(expected.is_none_or(|expected| expected == first), "{data}");
        has_gap |= name == "gap";
        expected = Some(last + 1);
    }
    assert!(has_gap);
}

#[test]
fn a_feed_that_goes_on_after_a_restart_shows_all_that_the_new_process_has_recorded() {
    let door = Door::open();
    door.chaos.halt();
    let mut lines = door.tcp().lines("/events", &[("last-event-id", "4711")]);
    assert_eq!(kinds(&mut lines, 1), ["halted"]);
}

#[test]
fn the_journal_is_read_page_by_page() {
    let door = Door::open();
    door.chaos.halt();
    door.chaos.resume();
    let page = door.tcp().get("/journal?since=1").expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["next"], 2);
    door.tcp().get("/journal?since=x").expect(400);
}

#[test]
fn all_followers_of_the_page_get_the_same_states() {
    let door = Door::open();
    let follow = || {
        let mut lines = door.tcp().lines("/live", &[]);
        std::iter::from_fn(move || Some(next(&mut lines)))
            .filter(|(name, _)| name == "state")
            .map(|(_, state)| state["now"].as_u64().unwrap())
    };
    let (mut first, mut second) = (follow(), follow());
    // The first follower may be ahead, as it came first.
    let latest = second.nth(1).unwrap();
    let same = first.find(|&now| now >= latest);
    assert_eq!(same, Some(latest));
}
