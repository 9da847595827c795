//! Readings that a lab posts.

use chaos_admin::Admin;
use chaos_core::Role;

use crate::Door;

const BOOKINGS: &str = r#"{"readings": [{"name": "bookings", "value": 12.5, "unit": null, "limit": "at least 10", "state": "holds"}]}"#;

#[test]
fn the_latest_reading_of_each_name_is_shown_with_its_time_and_client() {
    let door = Door::open();
    let none = door.tcp().get("/readings").expect(200).json();
    assert_eq!(none, serde_json::json!({ "readings": [] }));
    let json = [
        ("content-type", "application/json"),
        ("chaos-actor", "anna"),
    ];
    let post = |body: &str| door.unix().send("POST", "/readings", &json, body);
    post(BOOKINGS).expect(204);
    post(&BOOKINGS.replace("12.5", "9").replace("holds", "broken")).expect(204);
    post(r#"{"recoveries": {"tried": 2, "succeeded": 1}}"#).expect(204);
    let shown = door.tcp().get("/readings").expect(200).json();
    let readings = shown["readings"].as_array().unwrap();
    let [reading] = &readings[..] else {
        panic!("{shown}");
    };
    assert_eq!(reading["value"], 9.0);
    assert_eq!(reading["state"], "broken");
    assert_eq!(reading["limit"], "at least 10");
    assert!(reading["at"].as_str().unwrap().ends_with('Z'), "{shown}");
    assert!(reading["by"].as_str().unwrap().contains("anna"), "{shown}");
    assert_eq!(shown["recoveries"]["succeeded"], 1);
}

#[test]
fn what_makes_no_sense_is_refused_whole() {
    let door = Door::open();
    for (body, key) in [
        (BOOKINGS.replace("value", "valeu"), "unknown field"),
        (BOOKINGS.replace("12.5", "\"many\""), "expected f64"),
        (BOOKINGS.replace("holds", "fine"), "unknown variant"),
        (BOOKINGS.replace("bookings", ""), "name"),
        (BOOKINGS.replace("at least 10", &"x".repeat(201)), "limit"),
        (
            r#"{"recoveries": {"tried": 1, "succeeded": 2}}"#.to_owned(),
            "recoveries",
        ),
        ("[]]".to_owned(), "trailing"),
    ] {
        let problem = door.unix().post("/readings", &body).expect(422).json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(key), "{key}: {detail}");
    }
    let yaml = [("content-type", "application/yaml")];
    let refused = door.unix().send("POST", "/readings", &yaml, "readings: []");
    refused.expect(415);
    let shown = door.tcp().get("/readings").expect(200).json();
    assert_eq!(shown["readings"], serde_json::json!([]));
}

#[test]
fn a_viewer_reads_them_and_posts_none() {
    let tokens = |admin: Admin| {
        admin
            .token(Role::Viewer, "ben", "bens-token-of-16-characters")
            .unwrap()
    };
    let door = Door::opened(tokens);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer bens-token-of-16-characters"),
    ];
    let send = |method, body| door.tcp().send(method, "/readings", &headers, body);
    send("POST", BOOKINGS).expect(403);
    send("GET", "").expect(200);
}
