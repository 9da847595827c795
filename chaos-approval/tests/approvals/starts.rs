//! Starts by code, by files and by the API ask the same policy.

use std::path::Path;

use chaos_approval::SshVerifier;
use chaos_core::{
    Actor, ChaosManager, Environment, Error, Event, Experiment, ExperimentFile, Format, Risk,
};

use super::people::{CARL, asked_ago, experiment, policy};

fn chaos() -> ChaosManager {
    let builder = ChaosManager::builder()
        .environment(Environment::Staging)
        .policy(policy());
    builder.approval_verifier(SshVerifier).build()
}

fn high() -> Experiment {
    experiment(Risk::High)
}

fn approval() -> String {
    CARL.approves(&asked_ago(&high(), 80))
}

fn file(approvals: Option<String>) -> ExperimentFile {
    ExperimentFile::new(vec![high()]).approved_by(approvals)
}

#[track_caller]
fn unapproved<T: std::fmt::Debug>(started: Result<T, Error>) {
    let refused = started.unwrap_err().to_string();
    assert!(
        refused.contains("`approvals`: risk `high` needs the approval of an `executive`"),
        "{refused}"
    );
}

#[test]
fn code_sends_approvals_along() {
    let chaos = chaos();
    let steering = chaos.on_behalf_of(Actor::Code);
    unapproved(chaos.start(high()));
    unapproved(steering.check(&[high()]));
    let steering = steering.approved_by([approval()]);
    steering.check(&[high()]).unwrap();
    let guards = steering.start(vec![high()]).unwrap();
    let id = chaos.status()[0].id.unwrap();
    unapproved(steering.replace(id, high().label("a", "b")));
    let approver = chaos
        .journal()
        .into_iter()
        .find_map(|entry| match entry.event {
            Event::Started { approved_by, .. } => approved_by,
            _ => None,
        });
    assert_eq!(approver.as_deref(), Some("carl"));
    drop(guards);
}

#[test]
fn a_manager_without_a_verifier_starts_only_what_needs_no_approval() {
    let chaos = ChaosManager::builder().policy(policy()).build();
    let steering = chaos.on_behalf_of(Actor::Code).approved_by([approval()]);
    let refused = steering.start(vec![high()]).unwrap_err().to_string();
    assert!(
        refused.contains("add `.approval_verifier(chaos_approval::SshVerifier)`"),
        "{refused}"
    );
    assert!(chaos.start(experiment(Risk::Low)).is_ok());
}

#[test]
fn a_file_has_approvals_beside_its_experiments_in_every_format() {
    let chaos = chaos();
    unapproved(chaos.start_file(file(None)));
    for format in [Format::Yaml, Format::Toml, Format::Json] {
        let approval = approval();
        let text = file(Some(approval.clone())).render(format).unwrap();
        let file = ExperimentFile::parse(&text, format, "chaos").unwrap();
        assert_eq!(file.approvals()[0].trim_end(), approval.trim_end());
        assert!(chaos.start_file(file).is_ok());
    }
}

#[test]
fn a_watched_file_starts_once_its_approval_is_added() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chaos.yaml");
    std::fs::write(&path, file(None).render(Format::Yaml).unwrap()).unwrap();
    let chaos = chaos();
    let _watch = chaos.watch_file(&path).unwrap();
    let refusals = || {
        let events = chaos.journal().into_iter().map(|entry| entry.event);
        let refused = events.filter_map(|event| match event {
            Event::FileRefused { why, .. } => Some(why),
            _ => None,
        });
        refused.collect::<Vec<_>>()
    };
    assert!(refusals()[0].contains("`approvals`: "));
    assert!(chaos.status().is_empty());
    std::fs::write(&path, file(Some(approval())).render(Format::Yaml).unwrap()).unwrap();
    while chaos.overview().running.is_empty() {
        assert_eq!(refusals().len(), 1, "{:?}", refusals());
        std::thread::yield_now();
    }
}

#[test]
fn a_service_starts_although_an_approval_in_its_files_has_expired() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chaos.yaml");
    let expired = CARL.approves(&asked_ago(&high(), 101));
    std::fs::write(&path, file(Some(expired)).render(Format::Yaml).unwrap()).unwrap();
    let chaos = chaos();
    let _watch = chaos.watch_file(&path).unwrap();
    assert!(chaos.status().is_empty());
}

#[cfg(unix)]
#[test]
fn the_api_takes_the_same_document() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("chaos.sock");
    let chaos = chaos();
    let admin = chaos_admin::Admin::new(&chaos).listen(chaos_admin::Address::Unix(socket.clone()));
    let _admin = admin.serve().unwrap();
    let text = |approvals| file(approvals).render(Format::Yaml).unwrap();
    for path in ["validate", "experiments"] {
        let refused = post(&socket, path, &text(None));
        assert!(
            refused.starts_with("HTTP/1.1 422 ") && refused.contains("`approvals`: "),
            "{refused}"
        );
        let started = post(&socket, path, &text(Some(approval())));
        assert!(started.starts_with("HTTP/1.1 20"), "{started}");
    }
    assert_eq!(chaos.overview().running, ["slow payments"]);
}

#[cfg(unix)]
fn post(socket: &Path, path: &str, body: &str) -> String {
    use std::io::{Read, Write};

    let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
    let length = body.len();
    let head = format!(
        "POST /chaos/v1/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/yaml\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}
