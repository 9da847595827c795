//! Requests for approval, and the signatures of approvers.

use std::time::Duration;

use chaos_admin::{Address, Admin};
use chaos_core::policy::{
    ApprovalRules, ApprovalVerifier, Approver, ApproverRole, AskedApproval, AskedStart,
};
use chaos_core::{ChaosManager, Environment, Experiment, Policy, error::FileError};
use serde_json::{Value, json};

use crate::client::Client;
use crate::{Door, SLOW};

/// Approves what comes with the request and the line `yes bea` below it; other approvers only sign.
struct Words;

impl ApprovalVerifier for Words {
    fn check_rules(&self, _rules: &ApprovalRules) -> Result<(), FileError> {
        Ok(())
    }

    fn verify<'r>(
        &self,
        rules: &'r ApprovalRules,
        _needs: ApproverRole,
        start: &AskedStart<'_>,
    ) -> Result<&'r Approver, String> {
        let mut signed = start.approvals.iter();
        let signed = signed.find_map(|text| self.signer(rules, start.experiment, text).ok());
        signed
            .filter(|approver| approver.name == "bea")
            .ok_or_else(|| format!("{} approvals, and no yes of bea", start.approvals.len()))
    }

    fn request(&self, request: &AskedApproval<'_>) -> Result<String, String> {
        let (name, by) = (request.experiment.name(), request.by);
        Ok(format!("{name} for {by}: {}\n", request.consent))
    }

    fn signer<'r>(
        &self,
        rules: &'r ApprovalRules,
        experiment: &Experiment,
        approval: &str,
    ) -> Result<&'r Approver, String> {
        let yes = approval.lines().last().filter(|line| line.contains("yes"));
        let yes = yes.filter(|_| approval.starts_with(experiment.name()));
        let mut approvers = rules.approvers().iter();
        approvers
            .find(|approver| yes.is_some_and(|yes| yes.ends_with(&approver.name)))
            .ok_or_else(|| "it is no yes of an approver".to_owned())
    }
}

fn with_approvers() -> Door {
    let approver = |name: String| Approver {
        name,
        role: ApproverRole::Sre,
        key: String::new(),
    };
    let others = (0..9).map(|number| approver(format!("carl {number}")));
    let approvers = others.chain([approver("bea".to_owned())]);
    let rules = ApprovalRules::new(approvers).unwrap();
    let rules = rules.notice(Duration::ZERO);
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .policy(Policy::new().approvals(rules))
        .approval_verifier(Words)
        .build();
    chaos.site("payments");
    let directory = tempfile::tempdir().unwrap();
    let socket = Address::Unix(directory.path().join("chaos.sock"));
    let loopback = "127.0.0.1:0".parse().unwrap();
    let server = Admin::new(&chaos)
        .listen(socket)
        .listen(loopback)
        .serve()
        .unwrap();
    Door {
        chaos,
        server,
        _directory: directory,
    }
}

const MODERATE: &str = r#"{"name": "slow", "risk_at_least": "moderate", "fault": {"latency": "2s"}, "blast_radius": {"points_at": "payments"}}"#;

fn ask(client: &Client) -> Value {
    let headers = [
        ("content-type", "application/json"),
        ("chaos-actor", "anna"),
        ("chaos-reason", "ten orders may fail"),
    ];
    client
        .send("POST", "/requests", &headers, MODERATE)
        .expect(201)
        .json()
}

fn sign(client: &Client, name: &str, signature: &str) -> crate::client::Reply {
    let headers = [("content-type", "text/plain")];
    client.send(
        "POST",
        &format!("/requests/{name}/signature"),
        &headers,
        signature,
    )
}

#[test]
fn a_refused_start_is_asked_for_signed_and_started() {
    let door = with_approvers();
    let refused = door
        .unix()
        .post("/experiments", MODERATE)
        .expect(422)
        .json();
    assert_eq!(refused["needs"], "sre");
    let asked = ask(&door.unix());
    let text = asked["text"].as_str().unwrap();
    assert!(text.starts_with("slow for anna, uid ") && text.ends_with(": ten orders may fail\n"));
    assert_eq!(
        (&asked["needs"], &asked["risk"]),
        (&json!("sre"), &json!("moderate"))
    );
    assert!(
        asked["why_not"]
            .as_str()
            .unwrap()
            .ends_with("0 approvals, and no yes of bea")
    );
    // A signature proves itself, so an approver needs no token of an operator.
    let other = sign(&door.tcp(), "slow", "yes carl 1").expect(200).json();
    assert!(
        other["why_not"]
            .as_str()
            .unwrap()
            .ends_with("1 approvals, and no yes of bea")
    );
    let approved = sign(&door.tcp(), "slow", " yes bea \n").expect(200).json();
    assert_eq!(approved["why_not"], Value::Null);
    let listed = door.tcp().get("/requests").expect(200).json();
    assert_eq!(listed, json!({ "requests": [approved] }));
    let file = json!({
        "version": 1, "experiments": [approved["document"]], "approvals": approved["approvals"],
    });
    door.unix()
        .post("/experiments", &file.to_string())
        .expect(201);
    door.unix()
        .send("DELETE", "/requests/slow", &[], "")
        .expect(204);
    let listed = door.tcp().get("/requests").expect(200).json();
    assert_eq!(listed, json!({ "requests": [] }));
}

#[test]
fn only_operators_ask_and_withdraw_and_only_for_what_needs_an_approval() {
    let door = with_approvers();
    door.tcp().post("/requests", MODERATE).expect(403);
    door.unix().post("/requests", SLOW).expect(409);
    door.unix().post("/requests", "[]").expect(422);
    sign(&door.tcp(), "slow", "yes bea").expect(404);
    ask(&door.unix());
    door.tcp()
        .send("DELETE", "/requests/slow", &[], "")
        .expect(403);
    sign(&door.tcp(), "slow", " ").expect(422);
    sign(&door.tcp(), "slow", &"x".repeat(9_000)).expect(422);
    door.unix()
        .send("DELETE", "/requests/other", &[], "")
        .expect(404);
}

#[test]
fn requests_and_signatures_are_bounded_and_a_new_request_begins_anew() {
    let door = with_approvers();
    ask(&door.unix());
    for n in 0..8 {
        sign(&door.tcp(), "slow", &format!("yes carl {n}")).expect(200);
    }
    sign(&door.tcp(), "slow", "yes carl 8").expect(409);
    assert_eq!(ask(&door.unix())["approvals"], json!([]));
    for n in 1..32 {
        let other = MODERATE.replace("slow", &format!("slow {n}"));
        door.unix().post("/requests", &other).expect(201);
    }
    let one_more = MODERATE.replace("slow", "one more");
    door.unix().post("/requests", &one_more).expect(409);
}

#[test]
fn what_no_approver_has_signed_and_a_signature_written_otherwise_leave_room_for_approvers() {
    let door = with_approvers();
    ask(&door.unix());
    for n in 0..9 {
        let refused = sign(&door.tcp(), "slow", &format!("junk {n}")).expect(422);
        let refused = refused.json();
        assert_eq!(refused["title"], "refused");
        let why = refused["detail"].as_str().unwrap();
        assert!(why.ends_with("it is no yes of an approver"), "{why}");
        sign(&door.tcp(), "slow", &format!("yes ({n}) carl 1")).expect(200);
    }
    let approved = sign(&door.tcp(), "slow", "yes bea").expect(200).json();
    assert_eq!(approved["why_not"], Value::Null);
    assert_eq!(approved["approvals"].as_array().unwrap().len(), 2);
}

#[test]
fn a_request_for_a_name_too_long_for_a_path_is_refused() {
    let door = with_approvers();
    let named = |length| MODERATE.replace("slow", &"é".repeat(length));
    door.unix().post("/requests", &named(200)).expect(201);
    let refused = door.unix().post("/requests", &named(201)).expect(422);
    assert_eq!(refused.json()["key"], "name");
    let path = format!("/requests/{}", "%C3%A9".repeat(200));
    door.unix().send("DELETE", &path, &[], "").expect(204);
}
