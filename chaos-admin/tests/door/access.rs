//! Which clients may do what.

use chaos_admin::{Admin, AdminError};
use chaos_core::{Actor, ChaosManager, Event, Role};

use crate::client::Client;
use crate::{Door, SLOW};

pub(crate) const ANNA: &str = "anna's secret of 16 characters";
pub(crate) const BEN: &str = "ben's secret of 16 characters";

pub(crate) fn with_tokens() -> Door {
    Door::opened(|admin| {
        admin
            .token(Role::Operator, "anna", ANNA)
            .and_then(|admin| admin.token(Role::Viewer, "ben", BEN))
            .unwrap()
    })
}

#[test]
fn without_tokens_the_socket_may_do_everything_and_loopback_only_reads_and_halts() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let loopback = door.tcp();
    loopback.get("/experiments").expect(200);
    loopback.post("/experiments", SLOW).expect(403);
    loopback
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(403);
    loopback
        .send("PUT", "/experiments/slow/lease", &[], "")
        .expect(403);
    loopback.post("/halt", "").expect(200);
    loopback.post("/resume", "").expect(403);
    door.unix().post("/resume", "").expect(200);
}

#[test]
pub(crate) fn with_tokens_each_request_needs_one_of_the_right_role() {
    let door = with_tokens();
    let unknown = [("authorization", "Bearer a token that is not known")];
    door.tcp().send("GET", "/status", &unknown, "").expect(401);
    for client in [door.unix(), door.tcp()] {
        client.get("/status").expect(401);
        client.post("/halt", "").expect(401);
        let with = |token: &str, method: &str, path: &str, body: &str| {
            let authorization = format!("Bearer {token}");
            let headers = [
                ("authorization", authorization.as_str()),
                ("content-type", "application/json"),
            ];
            client.send(method, path, &headers, body)
        };
        with(BEN, "GET", "/status", "").expect(200);
        with(BEN, "POST", "/experiments", SLOW).expect(403);
        with(ANNA, "POST", "/experiments", SLOW).expect(201);
        with(BEN, "POST", "/halt", "").expect(200);
        with(BEN, "POST", "/resume", "").expect(403);
        with(ANNA, "POST", "/resume", "").expect(200);
    }
}

#[test]
fn each_change_is_journalled_with_name_role_and_reason() {
    let door = Door::open();
    let headers = [
        ("content-type", "application/json"),
        ("chaos-actor", "anna"),
        ("chaos-reason", "game day"),
    ];
    door.unix()
        .send("POST", "/experiments", &headers, SLOW)
        .expect(201);
    let journal = door.chaos.journal();
    let attribution = journal.iter().find_map(|entry| match &entry.event {
        Event::Started { attribution, .. } => Some(attribution),
        _ => None,
    });
    let attribution = attribution.unwrap();
    assert_eq!(attribution.because.as_deref(), Some("game day"));
    let Actor::Remote { name, role } = &attribution.by else {
        panic!("{attribution}");
    };
    assert!(name.starts_with("anna, uid "), "{name}");
    assert_eq!(*role, Role::Operator);
}

#[test]
fn foreign_hosts_and_origins_are_refused_for_halts_too() {
    let door = Door::open();
    let halt = |headers: &[(&str, &str)]| door.tcp().send("POST", "/halt", headers, "");
    halt(&[("host", "evil.example")]).expect(421);
    halt(&[("origin", "http://evil.example")]).expect(403);
    halt(&[("sec-fetch-site", "cross-site")]).expect(403);
    assert!(door.chaos.overview().halts.is_empty());
    let form = "application/x-www-form-urlencoded";
    halt(&[("origin", "http://localhost"), ("content-type", form)]).expect(200);
    assert!(!door.chaos.overview().halts.is_empty());
}

#[test]
fn the_bound_address_is_a_host() {
    let chaos = ChaosManager::new();
    let admin = Admin::new(&chaos).listen("127.0.0.2:0".parse().unwrap());
    let server = admin.serve().unwrap();
    let client = Client::new(server.addresses()[0].clone());
    let status = |host: &str| client.send("GET", "/status", &[("host", host)], "").status;
    assert_eq!(status("127.0.0.2:9901"), 200);
    assert_eq!(status("127.0.0.3:9901"), 421);
    assert_eq!(status(""), 421);
}

#[test]
fn an_address_beyond_loopback_needs_a_token() {
    let chaos = ChaosManager::new();
    let open = || Admin::new(&chaos).listen("0.0.0.0:0".parse().unwrap());
    let refused = open().serve().unwrap_err();
    assert!(matches!(refused, AdminError::Open(_)), "{refused}");
    let with_token = open().token(Role::Viewer, "ben", BEN).unwrap();
    assert!(with_token.serve().is_ok());
}

#[test]
fn failed_logins_are_limited() {
    let door = with_tokens();
    let refused = |_| door.tcp().get("/status").status;
    let statuses: Vec<_> = (0..20).map(refused).collect();
    assert_eq!(statuses[0], 401);
    assert!(statuses.contains(&429), "{statuses:?}");
}
