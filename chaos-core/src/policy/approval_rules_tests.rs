use super::*;
use crate::policy::{AskedStart, BrokenRule};
use crate::{Actor, BlastRadius, Consent, Environment, Fault, Format, Policy};

fn bea() -> Approver {
    approver("bea", ApproverRole::Sre, "ssh-ed25519 AAAA")
}

fn approver(name: &str, role: ApproverRole, key: &str) -> Approver {
    Approver {
        name: name.to_owned(),
        role,
        key: key.to_owned(),
    }
}

fn rules() -> ApprovalRules {
    let carl = approver("carl", ApproverRole::Executive, "ssh-ed25519 BBBB");
    ApprovalRules::new([bea(), carl]).unwrap()
}

fn panics(radius: BlastRadius) -> Experiment {
    Experiment::new("a")
        .fault(Fault::panic())
        .blast_radius(radius)
}

#[test]
fn the_risk_and_services_of_revenue_decide_what_is_needed() {
    let [mail, payments] =
        ["mail", "payments"].map(|service| panics(BlastRadius::points_at(service)));
    let everything = panics(BlastRadius::everything(Consent::by("anna").unwrap()));
    let rules = rules().revenue("payments").revenue("orders");
    let (sre, executive) = (Some(ApproverRole::Sre), Some(ApproverRole::Executive));
    for (risk, plain, raised) in [
        (Risk::Low, None, sre),
        (Risk::Moderate, sre, executive),
        (Risk::High, executive, executive),
        (Risk::Critical, executive, executive),
    ] {
        assert_eq!(rules.needed(&mail, risk), plain, "{risk}");
        assert_eq!(rules.needed(&payments, risk), raised, "{risk}");
        assert_eq!(rules.needed(&everything, risk), raised, "{risk}");
    }
    let several = panics(BlastRadius::services(["mail", "orders"]));
    assert_eq!(rules.revenue_affected(&several), Some("orders"));
}

#[test]
fn rules_that_make_no_sense_cannot_be_built() {
    assert_eq!(ApprovalRules::new([]), Err(InvalidPolicy::NoApprovers));
    let unnamed = approver(" ", ApproverRole::Sre, "");
    assert_eq!(
        ApprovalRules::new([unnamed]),
        Err(InvalidPolicy::NoApproverName)
    );
    let alike = approver("Bea ", ApproverRole::Executive, "");
    let refused = ApprovalRules::new([bea(), alike]);
    assert_eq!(
        refused,
        Err(InvalidPolicy::ApproversAlike("Bea ".to_owned()))
    );
}

#[test]
fn without_a_verifier_only_what_needs_no_approval_passes() {
    let policy = Policy::new().approvals(rules());
    let start = |experiment: &Experiment| {
        let start = AskedStart {
            experiment,
            by: &Actor::Code,
            at: std::time::SystemTime::now(),
            approvals: &[],
        };
        policy
            .check_approval(None, Environment::Test, &start)
            .map(drop)
    };
    let low = panics(BlastRadius::points_at("mail").tagged("canary"));
    assert_eq!(start(&low), Ok(()));
    let refused = start(&low.risk_at_least(Risk::Moderate)).unwrap_err();
    assert!(matches!(
        refused,
        BrokenRule::Unapproved {
            needs: ApproverRole::Sre,
            ..
        }
    ));
    assert_eq!(
        refused.to_string(),
        "`approvals`: risk `moderate` needs the approval of an `sre`; this program can't verify one: add \
         `.approval_verifier(chaos_approval::SshVerifier)` to its `ChaosManager::builder()`"
    );
}

const YAML: &str = "version: 1
approvals:
  approvers:
    - { name: bea, role: sre, key: ssh-ed25519 AAAA }
    - { name: carl, role: executive, key: ssh-ed25519 BBBB }
  notice: 24h
  revenue: [payments]
";

fn parse(yaml: &str) -> Result<Policy, String> {
    Policy::parse(yaml, Format::Yaml, "p.yaml").map_err(|error| error.to_string())
}

#[test]
fn a_file_and_code_say_the_same_and_what_is_written_is_read_back() {
    let a_day = Duration::from_secs(24 * 60 * 60);
    let policy = Policy::new().approvals(rules().notice(a_day).revenue("payments"));
    assert_eq!(parse(YAML), Ok(policy.clone()));
    for (text, format) in [
        (serde_saphyr::to_string(&policy).unwrap(), Format::Yaml),
        (toml::to_string(&policy).unwrap(), Format::Toml),
        (serde_json::to_string(&policy).unwrap(), Format::Json),
    ] {
        assert_eq!(
            Policy::parse(&text, format, "policy").unwrap(),
            policy,
            "{text}"
        );
    }
    let short = YAML.split_once("  notice").unwrap().0;
    assert_eq!(parse(short), Ok(Policy::new().approvals(rules())));
    assert_eq!(rules().period_of_notice(), 3 * a_day);
}

#[test]
fn a_mistake_is_reported_with_position_key_and_expectation() {
    for (good, bad, expected) in [
        (
            "notice: 24h",
            "notices: 24h",
            "p.yaml:6:3: approvals.notices: unknown key `notices`: did you mean `notice`?",
        ),
        (
            "notice: 24h",
            "notice: soon",
            "p.yaml:6:11: approvals.notice: ",
        ),
        (
            "role: sre",
            "role: ser",
            "p.yaml:4:26: approvals.approvers[0].role: unknown value `ser`: did you mean `sre`?",
        ),
        ("role: sre, ", "", "p.yaml:4:7: approvals.approvers[0]: "),
        (
            "name: carl",
            "name: bea",
            "p.yaml:3:3: approvals: expected different names, found \"bea\" twice",
        ),
    ] {
        let refused = parse(&YAML.replacen(good, bad, 1)).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let none = parse("version: 1\napprovals: { approvers: [] }").unwrap_err();
    assert!(
        none.starts_with("p.yaml:2:12: approvals: expected at least one approver"),
        "{none}"
    );
}
