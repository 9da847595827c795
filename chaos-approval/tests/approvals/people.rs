//! People with keys, and what they ask for and approve.

use std::time::{Duration, SystemTime};

use chaos_approval::{Approval, ApprovalRequest, NAMESPACE};
use chaos_core::policy::{ApprovalRules, Approver, ApproverRole};
use chaos_core::{BlastRadius, Consent, Experiment, Fault, Policy, Risk};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

/// A person with a key that is made from their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person(pub(crate) &'static str);

pub(crate) const BEA: Person = Person("bea");
pub(crate) const CARL: Person = Person("carl");
pub(crate) const DORA: Person = Person("dora");
pub(crate) const EVE: Person = Person("eve");

impl Person {
    fn key(self) -> PrivateKey {
        let mut seed = [0; 32];
        seed[..self.0.len()].copy_from_slice(self.0.as_bytes());
        Ed25519Keypair::from_seed(&seed).into()
    }

    pub(crate) fn approver(self, role: ApproverRole) -> Approver {
        let key = self.key().public_key().to_openssh().unwrap();
        Approver {
            name: self.0.to_owned(),
            role,
            key,
        }
    }

    pub(crate) fn sign(self, text: &str, namespace: &str) -> String {
        let signature = self.key().sign(namespace, HashAlg::Sha512, text.as_bytes());
        signature.unwrap().to_pem(LineEnding::LF).unwrap()
    }

    pub(crate) fn approves(self, request: &ApprovalRequest) -> String {
        let signature = self.sign(&request.to_string(), NAMESPACE);
        Approval::new(request, &signature).unwrap().to_string()
    }
}

/// A policy in which bea is an SRE, and carl and dora are executives.
pub(crate) fn policy() -> Policy {
    let executive = ApproverRole::Executive;
    let approvers = [
        BEA.approver(ApproverRole::Sre),
        CARL.approver(executive),
        DORA.approver(executive),
    ];
    Policy::new().approvals(ApprovalRules::new(approvers).unwrap())
}

pub(crate) fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 60 * 60)
}

pub(crate) fn experiment(risk: Risk) -> Experiment {
    Experiment::new("slow payments")
        .fault(Fault::latency(Duration::from_secs(1)))
        .blast_radius(BlastRadius::points_at("payments").tagged("canary"))
        .consent_to_production(Consent::by("anna").unwrap())
        .risk_at_least(risk)
}

/// A request of anna, with a consent, made so many hours ago and valid for a hundred hours.
pub(crate) fn asked_ago(experiment: &Experiment, ago: u64) -> ApprovalRequest {
    asked(experiment, "anna", SystemTime::now() - hours(ago))
}

pub(crate) fn asked(experiment: &Experiment, by: &str, at: SystemTime) -> ApprovalRequest {
    let request = ApprovalRequest::new(experiment, by, at).unwrap();
    request
        .valid(at, at + hours(100))
        .unwrap()
        .consent("ten orders may fail")
}
