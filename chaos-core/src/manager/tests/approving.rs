//! Approvals of starts, as a manager asks for them.

use std::sync::Mutex;

use super::policy::broken_rule;
use super::*;
use crate::policy::{
    ApprovalRules, ApprovalVerifier, Approver, ApproverRole, AskedApproval, AskedStart, BrokenRule,
};
use crate::{Policy, Risk};

/// Approves what comes with the approval `yes`, and asks the manager meanwhile.
#[derive(Clone, Default)]
struct Asking(Arc<Mutex<Option<ChaosManager>>>);

impl ApprovalVerifier for Asking {
    fn check_rules(&self, _rules: &ApprovalRules) -> Result<(), crate::error::FileError> {
        Ok(())
    }

    fn verify<'r>(
        &self,
        rules: &'r ApprovalRules,
        _needs: ApproverRole,
        start: &AskedStart<'_>,
    ) -> Result<&'r Approver, String> {
        // It would wait for itself under the lock of the manager.
        self.0
            .lock()
            .unwrap()
            .iter()
            .for_each(|chaos| drop(chaos.status()));
        let is_approved = start.approvals.iter().any(|text| text == "yes");
        let approver = is_approved.then(|| &rules.approvers()[0]);
        approver.ok_or_else(|| "nothing said yes".to_owned())
    }

    fn request(&self, request: &AskedApproval<'_>) -> Result<String, String> {
        match request.consent {
            "" => Err("without consent".to_owned()),
            consent => Ok(format!("{} asks for {consent}", request.by)),
        }
    }

    fn signer<'r>(
        &self,
        rules: &'r ApprovalRules,
        _experiment: &Experiment,
        approval: &str,
    ) -> Result<&'r Approver, String> {
        let signer = (approval == "yes").then(|| &rules.approvers()[0]);
        signer.ok_or_else(|| "nothing said yes".to_owned())
    }
}

#[test]
fn a_verifier_is_asked_at_every_start_under_no_lock() {
    let bea = Approver {
        name: "bea".to_owned(),
        role: ApproverRole::Sre,
        key: String::new(),
    };
    let policy = Policy::new().approvals(ApprovalRules::new([bea]).unwrap());
    let asking = Asking::default();
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .policy(policy)
        .approval_verifier(asking.clone())
        .build();
    *asking.0.lock().unwrap() = Some(chaos.clone());
    let moderate = |name| broken(name, points()).risk_at_least(Risk::Moderate);
    let file = ExperimentFile::new(vec![moderate("b")]);
    let unapproved = |started| matches!(broken_rule(started), BrokenRule::Unapproved { .. });
    assert!(unapproved(chaos.start(moderate("a")).map(drop)));
    assert!(unapproved(chaos.place(moderate("a")).map(drop)));
    assert!(unapproved(chaos.start_file(file.clone()).map(drop)));
    let _low = chaos.start(broken("c", points())).unwrap();
    let steering = chaos.on_behalf_of(Actor::Code);
    assert!(unapproved(steering.check(&[moderate("a")])));
    let _a = steering
        .approved_by(["no", "yes"])
        .start(vec![moderate("a")])
        .unwrap();
    let _b = chaos.start_file(file.approved_by(["yes"])).unwrap();
    *asking.0.lock().unwrap() = None;
}

#[test]
fn a_text_to_sign_is_made_only_for_what_needs_an_approval() {
    let bea = Approver {
        name: "bea".to_owned(),
        role: ApproverRole::Sre,
        key: String::new(),
    };
    let policy = Policy::new().approvals(ApprovalRules::new([bea]).unwrap());
    let builder = || ChaosManager::builder().environment(Environment::Test);
    let unwired = builder().policy(policy.clone()).build();
    let chaos = builder().policy(policy);
    let chaos = chaos.approval_verifier(Asking::default()).build();
    let anna = || Actor::Remote {
        name: "anna".to_owned(),
        role: crate::Role::Operator,
    };
    let asked = |chaos: &ChaosManager, risk, consent| {
        let experiment = broken("a", points()).risk_at_least(risk);
        let steering = chaos.on_behalf_of(anna());
        steering.approval_text(&experiment, consent)
    };
    let text = asked(&chaos, Risk::High, "ten orders").unwrap().unwrap();
    assert_eq!(text.text, "anna asks for ten orders");
    assert_eq!(
        (text.risk, text.needs),
        (Risk::High, ApproverRole::Executive)
    );
    let needs_none = |asked: Result<Option<_>, Error>| asked.is_ok_and(|text| text.is_none());
    assert!(needs_none(asked(&chaos, Risk::Low, "ten orders")));
    assert!(needs_none(asked(
        &builder().build(),
        Risk::High,
        "ten orders"
    )));
    let unapproved = |asked| matches!(broken_rule(asked), BrokenRule::Unapproved { .. });
    assert!(unapproved(asked(&chaos, Risk::High, "")));
    assert!(unapproved(asked(&unwired, Risk::High, "ten orders")));
    let signer = |chaos: &ChaosManager, risk, approval| {
        let experiment = broken("a", points()).risk_at_least(risk);
        let signer = chaos.on_behalf_of(anna()).signer(&experiment, approval);
        signer.map(|signer| signer.map(|approver| approver.name))
    };
    // An executive is needed, and bea is none.
    assert_eq!(signer(&chaos, Risk::High, "yes").unwrap().unwrap(), "bea");
    assert_eq!(signer(&chaos, Risk::Low, "no").unwrap(), None);
    let unapproved = |signer| matches!(broken_rule(signer), BrokenRule::Unapproved { .. });
    assert!(unapproved(signer(&chaos, Risk::High, "no")));
    assert!(unapproved(signer(&unwired, Risk::High, "yes")));
}
