//! Each refusal, with signatures made here.

use std::time::SystemTime;

use chaos_approval::{Approval, ApprovalRequest, SshVerifier};
use chaos_core::policy::{ApprovalRules, ApproverRole, AskedStart, BrokenRule};
use chaos_core::{Actor, BlastRadius, ChaosManager, Environment, Experiment, Policy, Risk, Role};

use super::people::{BEA, CARL, DORA, EVE, Person, asked, asked_ago, experiment, hours, policy};

fn start(
    experiment: &Experiment,
    by: &Actor,
    approvals: &[String],
) -> Result<Option<String>, BrokenRule> {
    start_under(&policy(), experiment, by, approvals)
}

fn start_under(
    policy: &Policy,
    experiment: &Experiment,
    by: &Actor,
    approvals: &[String],
) -> Result<Option<String>, BrokenRule> {
    let at = SystemTime::now();
    let start = AskedStart {
        experiment,
        by,
        at,
        approvals,
    };
    let approver = policy.check_approval(Some(&SshVerifier), Environment::Staging, &start)?;
    Ok(approver.map(|approver| approver.name.clone()))
}

#[track_caller]
fn refused(experiment: &Experiment, approvals: &[String], why: &str) {
    let refused = start(experiment, &Actor::Code, approvals).unwrap_err();
    assert!(refused.to_string().contains(why), "{refused}");
    assert!(refused.is_temporary(), "{refused}");
}

pub(super) fn high() -> Experiment {
    experiment(Risk::High)
}

/// The approval of an old enough request, which suffices.
pub(super) fn approval() -> String {
    CARL.approves(&asked_ago(&high(), 80))
}

#[test]
fn low_starts_at_once_and_more_needs_approval_by_its_risk() {
    let by = |risk, who: &[Person]| {
        let experiment = experiment(risk);
        let request = asked_ago(&experiment, 80);
        let approvals: Vec<_> = who.iter().map(|person| person.approves(&request)).collect();
        start(&experiment, &Actor::Code, &approvals)
    };
    assert_eq!(by(Risk::Low, &[]), Ok(None));
    let approved = |name: &str| Ok(Some(name.to_owned()));
    assert_eq!(by(Risk::Moderate, &[BEA]), approved("bea"));
    assert_eq!(by(Risk::Moderate, &[CARL]), approved("carl"));
    assert_eq!(by(Risk::High, &[EVE, BEA, DORA]), approved("dora"));
    assert_eq!(by(Risk::Critical, &[CARL]), approved("carl"));
    for risk in [Risk::Moderate, Risk::High, Risk::Critical] {
        let refused = by(risk, &[]).unwrap_err().to_string();
        assert!(
            refused.ends_with("none came with it: `chaos-lab request` asks for one"),
            "{refused}"
        );
    }
}

#[test]
fn without_approvers_nothing_is_asked() {
    let start = start_under(
        &Policy::new(),
        &experiment(Risk::Critical),
        &Actor::Code,
        &[],
    );
    assert_eq!(start, Ok(None));
}

#[test]
fn a_service_of_revenue_raises_what_is_needed_by_one() {
    let rules = policy()
        .approval_rules()
        .unwrap()
        .clone()
        .revenue("payments");
    let policy = Policy::new().approvals(rules);
    let start = |experiment: &Experiment, by: Person, consent| {
        let request = asked_ago(experiment, 80).consent(consent);
        start_under(&policy, experiment, &Actor::Code, &[by.approves(&request)])
    };
    assert!(start(&experiment(Risk::Low), BEA, "").is_ok());
    let none = start_under(&policy, &experiment(Risk::Low), &Actor::Code, &[]);
    assert_eq!(
        none.unwrap_err().to_string(),
        "`approvals`: risk `low` needs the approval of an `sre`; it may affect `payments`, a service of `revenue`; \
         none came with it: `chaos-lab request` asks for one"
    );
    assert!(start(&experiment(Risk::Moderate), CARL, "so be it").is_ok());
    assert!(start(&experiment(Risk::Moderate), BEA, "so be it").is_err());
    assert!(start(&experiment(Risk::Moderate), CARL, "").is_err());
    let elsewhere =
        experiment(Risk::Low).blast_radius(BlastRadius::points_at("mail").tagged("canary"));
    assert_eq!(
        start_under(&policy, &elsewhere, &Actor::Code, &[]),
        Ok(None)
    );
}

#[test]
fn a_forged_approval_is_refused() {
    let forgeries = [
        // Signed by another key, with that of carl put in its place.
        {
            let request = asked_ago(&high(), 80);
            let longer = request
                .clone()
                .valid(request.asked(), SystemTime::now() + hours(9))
                .unwrap();
            let signature = CARL.sign(&longer.to_string(), "chaos-rs");
            Approval::new(&request, &signature).unwrap().to_string()
        },
        // A signature over the same text, for another purpose.
        {
            let request = asked_ago(&high(), 80);
            Approval::new(&request, &CARL.sign(&request.to_string(), "git"))
                .unwrap()
                .to_string()
        },
        approval().replace("by: \"anna\"", "by: \"dora\""),
        approval().replace("ten orders", "no orders"),
        // It reads as the same, but was not signed like this.
        approval().replace("\"anna\"", "\"\\u0061nna\""),
    ];
    for forged in forgeries {
        refused(
            &high(),
            &[forged],
            "one is forged: its signature by carl is not over its text",
        );
    }
}

#[test]
fn a_time_outside_its_validity_is_refused() {
    let now = SystemTime::now();
    let valid = |from, until| asked_ago(&high(), 80).valid(from, until).unwrap();
    let expired = valid(now - hours(2), now - hours(1));
    refused(
        &high(),
        &[CARL.approves(&expired)],
        "that of carl expired at ",
    );
    let early = valid(now + hours(1), now + hours(2));
    refused(
        &high(),
        &[CARL.approves(&early)],
        "that of carl is valid only from ",
    );
}

#[test]
fn an_approval_of_another_experiment_is_refused() {
    let other = Experiment::new("other").fault(chaos_core::Fault::panic());
    let approvals = [CARL.approves(&asked_ago(&other, 80))];
    refused(
        &high(),
        &approvals,
        "one is of another experiment, \"other\"",
    );
    let renamed = approvals[0].replace("\"other\"", "\"slow payments\"");
    refused(
        &high(),
        &[renamed],
        "the experiment has changed since its approval, from sha256:",
    );
}

#[test]
fn a_changed_experiment_needs_another_approval() {
    let changed = high().label("changed", "yes");
    refused(
        &changed,
        &[approval()],
        "the experiment has changed since its approval, from sha256:",
    );
    assert!(start(&high(), &Actor::Code, &[approval()]).is_ok());
}

#[test]
fn the_asker_cannot_approve_high_risk() {
    let now = SystemTime::now();
    for name in ["carl", "Carl", " CARL "] {
        let own = asked(&high(), name, now - hours(80));
        refused(
            &high(),
            &[CARL.approves(&own)],
            "that of carl does not count, as the same person asked for it",
        );
    }
    let moderate = experiment(Risk::Moderate);
    let own = BEA.approves(&asked(&moderate, "bea", now));
    assert!(start(&moderate, &Actor::Code, &[own]).is_ok());
}

#[test]
fn a_remote_actor_cannot_approve_what_it_starts() {
    let remote = |name: &str| Actor::Remote {
        name: name.to_owned(),
        role: Role::Operator,
    };
    let refused = start(&high(), &remote("carl"), &[approval()]).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("that of carl does not count, as the same person starts it"),
        "{refused}"
    );
    assert!(start(&high(), &remote("dora"), &[approval()]).is_ok());
}

#[test]
fn an_unknown_key_is_refused() {
    let by_eve = EVE.approves(&asked_ago(&high(), 80));
    refused(&high(), &[by_eve], "one is signed by the key SHA256:");
    let rules = ApprovalRules::new([BEA.approver(ApproverRole::Sre)]).unwrap();
    let without_carl = Policy::new().approvals(rules);
    let removed = start_under(&without_carl, &high(), &Actor::Code, &[approval()]).unwrap_err();
    assert!(
        removed
            .to_string()
            .contains("which is that of no approver of the policy"),
        "{removed}"
    );
}

#[test]
fn an_approver_of_too_low_a_role_is_refused() {
    let by_bea = BEA.approves(&asked_ago(&high(), 80));
    refused(
        &high(),
        &[by_bea],
        "that of bea does not suffice, as the role `sre` is too low",
    );
}

#[test]
fn high_risk_needs_a_consent() {
    for consent in ["", " \n"] {
        let silent = asked_ago(&high(), 80).consent(consent);
        refused(
            &high(),
            &[CARL.approves(&silent)],
            "that of carl has no text of consent",
        );
    }
}

#[test]
fn high_risk_waits_for_the_end_of_its_notice() {
    refused(
        &high(),
        &[CARL.approves(&asked_ago(&high(), 71))],
        "that of carl has a period of notice until ",
    );
    let soon = policy().approval_rules().unwrap().clone().notice(hours(70));
    let approvals = [CARL.approves(&asked_ago(&high(), 71))];
    assert!(
        start_under(
            &Policy::new().approvals(soon),
            &high(),
            &Actor::Code,
            &approvals
        )
        .is_ok()
    );
}

#[test]
fn an_unreadable_approval_is_refused_and_hides_no_good_one() {
    for text in [
        String::new(),
        "yes".to_owned(),
        approval().replace("chaos-rs approval 1", "chaos-rs approval 2"),
        approval().replace("consent: ", "consent: \"more\"\nconsent: "),
        approval().replace("asked: ", "requested: "),
        approval().replace("-----BEGIN SSH SIGNATURE", "-----BEGIN PGP SIGNATURE"),
        approval().replace("U1NIU0lH", "AAAAAAAA"),
    ] {
        refused(&high(), std::slice::from_ref(&text), "one is unreadable: `");
        assert!(start(&high(), &Actor::Code, &[text, approval()]).is_ok());
    }
}

#[test]
fn a_text_from_outside_cannot_add_lines_or_hide_some() {
    let name = "a\nby: \"eve\"\u{1b}[2K\u{202e}";
    let experiment = Experiment::new(name);
    let request = ApprovalRequest::new(&experiment, name, SystemTime::now())
        .unwrap()
        .consent(name);
    let text = request.to_string();
    assert_eq!(text.lines().count(), 8);
    assert!(
        !text
            .chars()
            .any(|char| char != '\n' && (char.is_control() || char == '\u{202e}')),
        "{text}"
    );
    assert_eq!(text.parse(), Ok(request.clone()));
    refused(
        &high(),
        &[CARL.approves(&request)],
        r#"of another experiment, "a\nby: \"eve\"\u{1b}[2K\u{202e}""#,
    );
}

#[test]
fn requests_that_make_no_sense_cannot_be_built() {
    let now = SystemTime::now();
    let refused = ApprovalRequest::new(&high(), " ", now)
        .unwrap_err()
        .to_string();
    assert_eq!(refused, "`by`: expected a name, found \" \"");
    let nameless = asked_ago(&high(), 1).to_string().replace("anna", " ");
    assert!(nameless.parse::<ApprovalRequest>().is_err());
    let backwards = asked_ago(&high(), 1)
        .valid(now, now)
        .unwrap_err()
        .to_string();
    assert!(
        backwards.starts_with("`until`: expected a time after `from`, found \"20"),
        "{backwards}"
    );
}

#[test]
fn line_ends_of_a_checkout_do_no_harm() {
    for text in [
        approval().replace('\n', "\r\n"),
        format!("\n{}\n\n", approval()),
    ] {
        assert!(start(&high(), &Actor::Code, &[text]).is_ok());
    }
}

#[test]
fn a_manager_refuses_keys_that_it_cannot_verify_with() {
    let build = |key: String| {
        let carl = chaos_core::policy::Approver {
            key,
            ..CARL.approver(ApproverRole::Executive)
        };
        let rules = ApprovalRules::new([BEA.approver(ApproverRole::Sre), carl]).unwrap();
        let builder = ChaosManager::builder().policy(Policy::new().approvals(rules));
        builder.approval_verifier(SshVerifier).try_build().map(drop)
    };
    let bea = BEA.approver(ApproverRole::Sre).key;
    for (key, why) in [
        (
            String::new(),
            "expected a public key as `ssh-keygen` writes it to a `.pub` file",
        ),
        (
            RSA.to_owned(),
            "expected a key of `ssh-keygen -t ed25519` or `-t ed25519-sk`, found `ssh-rsa`",
        ),
        (
            format!("{bea} carl@example"),
            "expected a key of its own, found that of \"bea\"",
        ),
    ] {
        let refused = build(key).unwrap_err().to_string();
        assert!(
            refused.starts_with("approvals.approvers[1].key: "),
            "{refused}"
        );
        assert!(refused.contains(why), "{refused}");
    }
    assert!(build(CARL.approver(ApproverRole::Sre).key).is_ok());
}

#[test]
fn the_example_of_a_policy_can_be_verified_with() {
    let policy = Policy::read("../docs/policy.yaml").unwrap();
    let builder = ChaosManager::builder().policy(policy);
    assert!(builder.approval_verifier(SshVerifier).try_build().is_ok());
}

const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7HLsnI+t8KEW3w1Bd6VZ0W9vPuWzGGHDGpXPVJh7dTgc0xs4mQZ5mbI4NKtzyTuVmnpdtkjHqNJmz3yrGHFUv";
