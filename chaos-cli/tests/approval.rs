//! Requests and approvals as people make them.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use chaos_admin::{Address, Admin};
use chaos_approval::SshVerifier;
use chaos_core::policy::{ApprovalRules, Approver, ApproverRole};
use chaos_core::{ChaosManager, Environment, ExperimentFile, Policy};
use chaos_lab::control::{Control, LocalControl, RemoteControl};
use chaos_lab::scenario::Suite;

const EXPERIMENTS: &str = "\
version: 1
experiments:
  - { name: slow/payments, fault: { latency: 1s }, risk_at_least: moderate, blast_radius: { points_at: payments, tagged: a } }
  - { name: other, fault: { latency: 1s }, blast_radius: { points_at: mail } }
";

/// A directory with a file of experiments and the key of bea.
struct Desk(tempfile::TempDir);

impl Desk {
    /// None if there is no `ssh-keygen`.
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    fn new(name: &str, text: &str) -> Option<Self> {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::write(desk.path(name), text).unwrap();
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-f", "bea"])
            .current_dir(&desk.0);
        let Ok(status) = keygen.status() else {
            eprintln!("left out: there is no `ssh-keygen`");
            return None;
        };
        assert!(status.success());
        Some(desk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn lab(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaos-lab"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::null());
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), text(stdout), text(stderr))
    }

    /// Asks for an approval of `slow/payments`, and gives it; returns what is to be added to the file.
    fn approved(&self, file: &str) -> String {
        let request = ["request", file, "slow/payments", "--by", "anna"];
        let (code, _, stderr) = self.lab(&request);
        assert_eq!(code, Some(0), "{stderr}");
        let (code, stdout, stderr) = self.approve(file);
        assert_eq!(code, Some(0), "{stderr}");
        stdout
            .split_once(&format!("Add it to `approvals` in {file}:\n"))
            .unwrap()
            .1
            .to_owned()
    }

    fn approve(&self, file: &str) -> (Option<i32>, String, String) {
        self.lab(&[
            "approve",
            file,
            "slow-payments.request",
            "--key",
            "bea",
            "--yes",
        ])
    }

    /// A manager that has the key of bea.
    fn chaos(&self) -> ChaosManager {
        let bea = Approver {
            name: "bea".to_owned(),
            role: ApproverRole::Sre,
            key: self.read("bea.pub"),
        };
        ChaosManager::builder()
            .environment(Environment::Test)
            .policy(Policy::new().approvals(ApprovalRules::new([bea]).unwrap()))
            .approval_verifier(SshVerifier)
            .build()
    }
}

#[test]
fn what_is_approved_starts_from_its_file() {
    let Some(desk) = Desk::new("chaos.yaml", EXPERIMENTS) else {
        return;
    };
    let entry = desk.approved("chaos.yaml");
    let start = || {
        desk.chaos()
            .start_file(ExperimentFile::read(desk.path("chaos.yaml")).unwrap())
    };
    let refused = start().unwrap_err().to_string();
    assert!(
        refused.contains("none came with it: `chaos-lab request` asks for one"),
        "{refused}"
    );
    std::fs::write(desk.path("chaos.yaml"), format!("{EXPERIMENTS}{entry}")).unwrap();
    assert!(start().is_ok());
    let file = ExperimentFile::read(desk.path("chaos.yaml")).unwrap();
    assert_eq!(
        file.approvals()[0].trim_end(),
        desk.read("slow-payments.approval").trim_end()
    );
}

#[test]
fn an_approver_sees_the_experiment_and_the_request() {
    let Some(desk) = Desk::new("chaos.yaml", EXPERIMENTS) else {
        return;
    };
    desk.lab(&[
        "request",
        "chaos.yaml",
        "slow/payments",
        "--by",
        "anna\u{1b}[2J",
        "--from",
        "2030-01-01T09:00:00Z",
        "--consent",
        "so be it",
    ]);
    let request = desk.read("slow-payments.request");
    for line in [
        "from: 2030-01-01T09:00:00Z",
        "until: 2030-01-08T09:00:00Z",
        "consent: \"so be it\"",
    ] {
        assert!(request.lines().any(|found| found == line), "{request}");
    }
    let (_, stdout, _) = desk.approve("chaos.yaml");
    assert!(
        stdout.contains("latency: 1s") && stdout.contains(&request),
        "{stdout}"
    );
    assert!(!stdout.contains('\u{1b}'), "{stdout}");
    assert!(stdout.contains("It was asked for "), "{stdout}");
}

#[test]
fn nothing_is_signed_unseen_unasked_or_twice() {
    let Some(desk) = Desk::new("chaos.yaml", EXPERIMENTS) else {
        return;
    };
    desk.lab(&["request", "chaos.yaml", "slow/payments", "--by", "anna"]);
    let unasked = desk.lab(&[
        "approve",
        "chaos.yaml",
        "slow-payments.request",
        "--key",
        "bea",
    ]);
    assert_eq!(unasked.0, Some(2), "{}", unasked.2);
    std::fs::write(desk.path("changed.yaml"), EXPERIMENTS.replace("1s", "2s")).unwrap();
    let (code, _, stderr) = desk.approve("changed.yaml");
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("changed.yaml has no experiment with the hash of the request"),
        "{stderr}"
    );
    std::fs::write(
        desk.path("bad.request"),
        "chaos-rs approval 1\nby: \"eve\"\n",
    )
    .unwrap();
    let (code, _, stderr) = desk.lab(&[
        "approve",
        "chaos.yaml",
        "bad.request",
        "--key",
        "bea",
        "--yes",
    ]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("bad.request: `experiment`: expected a line with this key"),
        "{stderr}"
    );
    let (code, _, stderr) = desk.lab(&[
        "approve",
        "chaos.yaml",
        "slow-payments.request",
        "--key",
        "eve",
        "--yes",
    ]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("`ssh-keygen` could not sign with eve"),
        "{stderr}"
    );
    assert!(!desk.path("slow-payments.approval").exists());
    assert_eq!(desk.approve("chaos.yaml").0, Some(0));
    let given = desk.read("slow-payments.approval");
    assert_eq!(desk.approve("chaos.yaml").0, Some(2));
    assert_eq!(desk.read("slow-payments.approval"), given);
}

#[test]
fn a_request_names_one_experiment() {
    let text = EXPERIMENTS.replace("other", "slow");
    let Some(desk) = Desk::new("chaos.yaml", &text) else {
        return;
    };
    let refused = |file: &str, name: &str, why: &str| {
        let (code, _, stderr) = desk.lab(&["request", file, name, "--by", "anna"]);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
    };
    refused(
        "chaos.yaml",
        "fast",
        "chaos.yaml has no experiment named \"fast\"",
    );
    refused("none.yaml", "slow", "none.yaml: can't be read");
    std::fs::write(
        desk.path("bad.yaml"),
        "version: 1\nexperiments: [{ name: 1 }]\n",
    )
    .unwrap();
    refused("bad.yaml", "slow", "bad.yaml:2:");
    let scenario = |name: &str, latency: &str| {
        format!(
            "  - {{ name: {name}, experiments: [{{ name: a, fault: {{ latency: {latency} }}, blast_radius: {{ points_at: b }} }}] }}\n"
        )
    };
    let suite = format!(
        "version: 1\nscenarios:\n{}{}",
        scenario("x", "1s"),
        scenario("y", "2s")
    );
    std::fs::write(desk.path("suite.yaml"), suite).unwrap();
    refused(
        "suite.yaml",
        "a",
        "suite.yaml has different experiments named \"a\"",
    );
}

const SUITE: &str = "\
version: 1
scenarios:
  - name: slow
    experiments:
      - { name: slow/payments, fault: { latency: 1s }, risk_at_least: moderate, blast_radius: { points_at: payments } }
";

#[tokio::test]
async fn both_controls_send_the_approvals_of_a_suite_along() {
    let Some(desk) = Desk::new("suite.yaml", SUITE) else {
        return;
    };
    let entry = desk.approved("suite.yaml");
    std::fs::write(desk.path("suite.yaml"), format!("{SUITE}{entry}")).unwrap();
    let suite = Suite::read(desk.path("suite.yaml")).unwrap();
    let chaos = desk.chaos();
    let socket = desk.path("chaos.sock");
    let _admin = Admin::new(&chaos)
        .listen(Address::Unix(socket.clone()))
        .serve()
        .unwrap();
    sends_along(
        &LocalControl::new(&chaos),
        &LocalControl::new(&chaos).approved_by(&suite.approvals),
        &suite,
    )
    .await;
    let remote = || RemoteControl::new(&format!("unix:{}", Path::display(&socket))).unwrap();
    sends_along(&remote(), &remote().approved_by(&suite.approvals), &suite).await;
}

async fn sends_along(without: &impl Control, with: &impl Control, suite: &Suite) {
    let experiments = &suite.scenarios().next().unwrap().experiments;
    let lease = Duration::from_secs(60);
    let refused = without
        .start(experiments, lease, "test")
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("`approvals`: "), "{refused}");
    with.check(experiments, lease).await.unwrap();
    with.start(experiments, lease, "test").await.unwrap();
    with.stop("slow/payments", "test").await.unwrap();
}
