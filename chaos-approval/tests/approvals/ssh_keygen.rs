//! Keys and signatures of the real `ssh-keygen`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use chaos_approval::{Approval, ApprovalRequest, SshVerifier};
use chaos_core::policy::{ApprovalRules, Approver, ApproverRole, AskedStart};
use chaos_core::{Actor, Environment, Experiment, Policy, Risk};

use super::people::{asked, experiment, hours};

fn carl_with(key: String) -> Approver {
    Approver {
        name: "carl".to_owned(),
        role: ApproverRole::Executive,
        key,
    }
}

/// Makes a key, and returns its public part; none if there is no `ssh-keygen`.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn new_key(path: &Path) -> Option<String> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "carl@example", "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .status();
    match made {
        Ok(status) => assert!(status.success()),
        Err(_) => {
            eprintln!("left out: there is no `ssh-keygen`");
            return None;
        }
    }
    Some(std::fs::read_to_string(path.with_extension("pub")).unwrap())
}

fn sign(key: &Path, namespace: &str, text: &str) -> String {
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn its_signatures_are_verified_and_each_refusal_has_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let (carl, eve) = (directory.path().join("carl"), directory.path().join("eve"));
    let Some(key) = new_key(&carl) else {
        return;
    };
    new_key(&eve).unwrap();
    let rules = ApprovalRules::new([carl_with(key)]).unwrap();
    let policy = Policy::new().approvals(rules);
    let now = SystemTime::now();
    let high = experiment(Risk::High);
    let good = asked(&high, "anna", now - hours(80));
    let start = |experiment: &Experiment, approval: String| {
        let approvals = [approval];
        let start = AskedStart {
            experiment,
            by: &Actor::Code,
            at: now,
            approvals: &approvals,
        };
        let checked = policy.check_approval(Some(&SshVerifier), Environment::Staging, &start);
        checked.map(drop).map_err(|refused| refused.to_string())
    };
    let signed = |key: &Path, request: &ApprovalRequest| {
        let signature = sign(key, "chaos-rs", &request.to_string());
        Approval::new(request, &signature).unwrap().to_string()
    };
    assert_eq!(start(&high, signed(&carl, &good)), Ok(()));
    let for_git = Approval::new(&good, &sign(&carl, "git", &good.to_string())).unwrap();
    let expired = good.clone().valid(now - hours(80), now - hours(1)).unwrap();
    for (experiment, approval, why) in [
        (
            &high,
            signed(&carl, &good).replace("ten orders", "no order"),
            "one is forged",
        ),
        (&high, for_git.to_string(), "one is forged"),
        (&high, signed(&carl, &expired), "expired at"),
        (
            &Experiment::new("other").risk_at_least(Risk::High),
            signed(&carl, &good),
            "of another experiment",
        ),
        (
            &high.clone().label("a", "b"),
            signed(&carl, &good),
            "the experiment has changed",
        ),
        (
            &high,
            signed(&carl, &asked(&high, "carl", now - hours(80))),
            "the same person asked for it",
        ),
        (&high, signed(&eve, &good), "which is that of no approver"),
        (
            &high,
            signed(&carl, &asked(&high, "anna", now - hours(71))),
            "has a period of notice until",
        ),
    ] {
        let refused = start(experiment, approval).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}
