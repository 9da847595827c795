//! The page, and the sessions of its readers.

use chaos_admin::Address;
use chaos_core::Role;

use crate::access::{ANNA, BEN, with_tokens};
use crate::client::{Client, Reply};
use crate::feed::next;
use crate::{Door, SLOW};

/// Asks for a path outside the versioned API.
fn file(client: &Client, method: &str, path: &str, headers: &str) -> Reply {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nconnection: close\r\nhost: localhost\r\n{headers}\r\n"
    );
    client.send_bytes(head.as_bytes())
}

#[test]
fn the_page_and_all_that_it_names_need_no_token() {
    let door = with_tokens();
    let get = |path: &str| file(&door.tcp(), "GET", path, "").expect(200);
    let page = get("/chaos/");
    let named = page
        .body
        .split('"')
        .filter(|text| text.ends_with(".css") || text.ends_with(".js"));
    let mut waiting: Vec<_> = named.map(str::to_owned).collect();
    assert_eq!(waiting.len(), 3, "{waiting:?}");
    let mut seen = 0;
    while let Some(name) = waiting.pop() {
        let script = get(&format!("/chaos/{name}"));
        seen += 1;
        for import in script.body.split("from './").skip(1) {
            let import = import.split('\'').next().unwrap().to_owned();
            if !waiting.contains(&import) {
                waiting.push(import);
            }
        }
        assert!(seen < 500, "imports that never end");
    }
    file(&door.tcp(), "GET", "/chaos/other.js", "").expect(404);
    file(&door.tcp(), "POST", "/chaos/", "").expect(405);
    let moved = file(&door.tcp(), "GET", "/chaos", "").expect(303);
    assert_eq!(moved.header("location"), Some("chaos/"));
}

#[test]
fn browsers_may_load_and_ask_nothing_but_the_service() {
    let page = file(&Door::open().tcp(), "GET", "/chaos/", "").expect(200);
    let policy = page.header("content-security-policy").unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    // The form of HALT would come from the origin `null`.
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    for markup in [" style=\"", " onclick=", "<style", "http://", "https://"] {
        assert!(!page.body.contains(markup), "{markup}");
    }
}

#[test]
fn a_link_on_another_site_leads_to_the_page_but_a_foreign_name_does_not() {
    let door = Door::open();
    let linked = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n";
    file(&door.tcp(), "GET", "/chaos/", linked).expect(200);
    let foreign = b"GET /chaos/ HTTP/1.1\r\nconnection: close\r\nhost: evil.example\r\n\r\n";
    door.tcp().send_bytes(foreign).expect(421);
}

/// Signs in, and returns the cookie.
fn signed_in(client: &Client, token: &str) -> String {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str())];
    let opened = client.send("POST", "/session", &headers, "").expect(204);
    let cookie = opened.header("set-cookie").unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn a_session_has_the_name_and_role_of_its_token() {
    let door = with_tokens();
    let (anna, ben) = (signed_in(&door.tcp(), ANNA), signed_in(&door.tcp(), BEN));
    let start = |cookie: &str| {
        let headers = [("cookie", cookie), ("content-type", "application/json")];
        door.tcp().send("POST", "/experiments", &headers, SLOW)
    };
    start(&ben).expect(403);
    start(&anna).expect(201);
    start("chaos-session=1.00").expect(401);
    let status = door.tcp().send("GET", "/status", &[("cookie", &anna)], "");
    assert_eq!(status.expect(200).json()["client"]["name"], "anna");
    let from_elsewhere = [("cookie", anna.as_str()), ("origin", "http://localhost:1")];
    door.tcp()
        .send("POST", "/halt", &from_elsewhere, "")
        .expect(403);
}

#[test]
fn a_session_outlives_a_restart_and_not_its_token() {
    let cookie = signed_in(&with_tokens().tcp(), ANNA);
    let status = |door: &Door| {
        door.tcp()
            .send("GET", "/status", &[("cookie", &cookie)], "")
    };
    status(&with_tokens()).expect(200);
    let other = "another secret of 16 characters";
    let replaced = Door::opened(|admin| admin.token(Role::Operator, "anna", other).unwrap());
    status(&replaced).expect(401);
}

#[test]
fn a_session_that_is_closed_is_gone_from_the_browser_and_the_service() {
    let door = with_tokens();
    let anna = signed_in(&door.tcp(), ANNA);
    let other = signed_in(&door.tcp(), ANNA);
    let closed = door
        .tcp()
        .send("DELETE", "/session", &[("cookie", &anna)], "");
    let closed = closed.expect(204);
    let cookie = closed.header("set-cookie").unwrap();
    assert!(cookie.starts_with("chaos-session=;") && cookie.contains("Max-Age=0"));
    // A copy of the cookie is of no use any more, and another session is not affected.
    let status = |cookie: &str| {
        door.tcp()
            .send("GET", "/status", &[("cookie", cookie)], "")
            .status
    };
    assert_eq!(status(&anna), 401);
    assert_eq!(status(&format!("chaos-session=junk; {other}")), 200);
    door.tcp().send("POST", "/session", &[], "").expect(401);
    // Without tokens, there is nothing to sign in with.
    let open = Door::open()
        .tcp()
        .send("POST", "/session", &[], "")
        .expect(204);
    assert_eq!(open.header("set-cookie"), None);
}

#[test]
fn the_form_halts_without_scripts_and_leads_back_to_the_page() {
    let door = with_tokens();
    let ben = signed_in(&door.tcp(), BEN);
    let headers = [
        ("cookie", ben.as_str()),
        ("origin", "http://localhost"),
        ("sec-fetch-mode", "navigate"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let halted = door.tcp().send("POST", "/halt", &headers, "").expect(303);
    assert_eq!(halted.header("location"), Some("../"));
    assert_eq!(door.chaos.overview().halts.len(), 1);
}

#[test]
fn the_live_feed_has_the_state_and_then_the_journal_from_its_beginning() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let Address::Tcp(_) = door.server.addresses()[1] else {
        panic!("a feed over TCP");
    };
    let mut lines = door.tcp().lines("/live?since=0", &[]);
    let (name, state) = next(&mut lines);
    assert_eq!(name, "state");
    assert_eq!(state["experiments"][0]["name"], "slow");
    // The state is that of all clients.
    assert!(state["status"]["client"].is_null() && state["status"]["version"].is_string());
    assert_eq!(state["sites"][0]["service"], "payments");
    let (name, entry) = next(&mut lines);
    assert_eq!(
        (name.as_str(), &entry["event"]),
        ("entry", &"started".into())
    );
    door.chaos.halt();
    let halted = std::iter::from_fn(|| Some(next(&mut lines)))
        .find(|(name, state)| name == "state" && state["status"]["halts"][0].is_object());
    let (_, state) = halted.unwrap();
    assert_eq!(state["experiments"][0]["state"]["ended"], "halted");
}
