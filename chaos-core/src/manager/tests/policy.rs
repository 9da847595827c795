use std::collections::BTreeSet;
use std::sync::Mutex;

use super::*;
use crate::manager::variables::Variables;
use crate::policy::{BrokenRule, Freeze, Grade, InvalidPolicy};
use crate::site::{Certainty, MetOperation, OutsideWork, PlacedExperiment, Witness};
use crate::{Policy, Risk};

/// A policy under which nothing may ever start.
fn frozen() -> Policy {
    let always = Freeze::new("2000-01-01".parse().unwrap(), "9999-12-31".parse().unwrap());
    Policy::new().freeze(always.unwrap())
}

fn one_at_once() -> Policy {
    Policy::new().at_most_at_once(1).unwrap()
}

fn under(policy: Policy) -> ChaosManager {
    ChaosManager::builder().policy(policy).build()
}

fn protecting(grades: &[(&str, Grade)]) -> ChaosManager {
    let mut grades = grades.iter();
    let policy: Result<_, InvalidPolicy> = grades
        .try_fold(Policy::new(), |policy, (service, grade)| {
            policy.protect(*service, *grade)
        });
    under(policy.unwrap())
}

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("anna").unwrap())
}

#[track_caller]
pub(super) fn broken_rule<T: std::fmt::Debug>(refused: Result<T, Error>) -> BrokenRule {
    match refused {
        Err(Error::Policy { rule, .. }) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_names_the_rule_and_is_journalled() {
    let chaos = under(frozen());
    let refused = chaos.start(broken("a", points())).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`a`: the policy does not allow it: `freezes`: nothing may start from 2000-01-01 until 9999-12-31; there is no \
         opening in the next ten years"
    );
    let why = refused.to_string();
    let experiment = "a".to_owned();
    assert!(journalled(&chaos).contains(&Event::Refused { experiment, why }));
    assert!(chaos.policy().is_some() && ChaosManager::new().policy().is_none());
}

#[test]
fn code_files_and_witnesses_ask_the_same_policy() {
    let chaos = under(frozen());
    let file = ExperimentFile::new(vec![
        broken("a", points()).consent_to_production(Consent::by("anna").unwrap()),
    ]);
    broken_rule(chaos.inject(points(), Fault::Panic));
    broken_rule(chaos.start_file(file));
    broken_rule(chaos.place(broken("a", points())));
    broken_rule(chaos.start(broken("a", points()).dry_run()));
}

#[test]
fn what_is_started_together_counts_as_one_start_while_any_of_it_runs() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .policy(one_at_once())
        .build();
    let two = ExperimentFile::new(vec![broken("a", points()), broken("b", points())]);
    let both = chaos.start_file(two).unwrap();
    let mut both = both.into_iter();
    drop(both.next());
    let rule = broken_rule(chaos.start(broken("c", points())));
    assert_eq!(
        rule,
        BrokenRule::AtOnce {
            running: 1,
            at_most: 1
        }
    );
    drop(both.next());
    let third = chaos.start(broken("c", points())).unwrap();
    broken_rule(chaos.inject(points(), Fault::Panic));
    drop(third);
    assert!(chaos.inject(points(), Fault::Panic).is_ok());
}

#[test]
fn configured_experiments_count_as_one_start_even_if_some_wait() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .policy(one_at_once())
        .experiments(ExperimentFile::new(vec![
            broken("a", points()),
            judged("b"),
        ]))
        .build();
    let running = || {
        let all = chaos.status().into_iter();
        let running = all.filter(|one| matches!(one.state, crate::ExperimentState::Running { .. }));
        running.map(|one| one.name).collect::<BTreeSet<_>>()
    };
    assert_eq!(running(), ["a".to_owned()].into());
    let _orders = chaos.site("orders");
    assert_eq!(running(), ["a".to_owned(), "b".to_owned()].into());
}

#[test]
fn a_start_counts_only_those_that_run_already() {
    let chaos = under(Policy::new().at_most_at_once(2).unwrap());
    let _a = chaos.start(broken("a", points())).unwrap();
    let _b = chaos.start(broken("b", points())).unwrap();
    let rule = broken_rule(chaos.start(broken("c", points())));
    assert_eq!(
        rule,
        BrokenRule::AtOnce {
            running: 2,
            at_most: 2
        }
    );
}

#[test]
fn an_experiment_over_everything_passes_by_what_the_grades_do_not_allow() {
    let chaos = protecting(&[
        ("bank", Grade::Absolute),
        ("sms", Grade::High),
        ("email", Grade::Medium),
    ]);
    let names = ["bank", "sms", "email", "pms"];
    let sites = names.map(|name| chaos.site(name));
    let _all = chaos.start(broken("a", everything())).unwrap();
    let struck = sites
        .iter()
        .map(|site| !site.decide(&Operation::new("x")).is_none());
    assert_eq!(struck.collect::<Vec<_>>(), [false, false, false, true]);
    for name in &names[..3] {
        let why = chaos.explain(name, "x").to_string();
        assert!(why.contains("the service is protected"), "{why}");
    }
    assert!(
        chaos
            .sites()
            .iter()
            .any(|site| site.service == "bank" && site.protected)
    );
}

/// Places its experiments at every operation.
#[derive(Default)]
struct Placing(Mutex<Vec<PlacedExperiment>>);

impl Witness for Placing {
    fn meet(&self, _operation: &MetOperation<'_>) -> Vec<PlacedExperiment> {
        self.0.lock().unwrap().clone()
    }

    fn note_outside_work(&self, _certainty: Certainty) -> OutsideWork {
        unreachable!("no work is outside")
    }

    fn note_outside_call(&self, _service: &Arc<str>) -> OutsideWork {
        unreachable!("no call is outside")
    }
}

#[test]
fn a_placed_experiment_passes_by_what_the_grades_do_not_allow() {
    let witness = Arc::new(Placing::default());
    let chaos = ChaosManager::builder()
        .witness(Arc::clone(&witness) as Arc<dyn Witness>)
        .policy(Policy::new().protect("sms", Grade::High).unwrap())
        .build();
    let sites = ["sms", "pms"].map(|name| chaos.site(name));
    let (_guard, placed) = chaos.place(broken("a", everything())).unwrap();
    witness.0.lock().unwrap().push(placed);
    let struck = sites.map(|site| !site.decide(&Operation::new("x")).is_none());
    assert_eq!(struck, [false, true]);
}

#[test]
fn a_grade_lets_through_what_it_allows() {
    let chaos = protecting(&[("sms", Grade::High), ("email", Grade::Medium)]);
    let [sms, email] = ["sms", "email"].map(|name| chaos.site(name));
    let tagged = BlastRadius::points_at("sms").attribute("guest", "1");
    let _one = chaos.start(broken("a", tagged)).unwrap();
    let _two = chaos
        .start(broken("b", BlastRadius::points_at("email")))
        .unwrap();
    let strikes = |site: &Site| {
        !site
            .decide(&Operation::new("x").attributes(&[("guest", "1")]))
            .is_none()
    };
    assert!(strikes(&sms) && strikes(&email));
    let at_level = broken_rule(chaos.start(broken("c", BlastRadius::points_at("sms"))));
    assert!(matches!(
        at_level,
        BrokenRule::Protected {
            grade: Grade::High,
            ..
        }
    ));
    let at_risk = broken("c", BlastRadius::points_at("email")).risk_at_least(Risk::Moderate);
    let at_risk = broken_rule(chaos.start(at_risk));
    assert!(matches!(
        at_risk,
        BrokenRule::Protected {
            grade: Grade::Medium,
            ..
        }
    ));
}

#[test]
fn a_graded_name_that_no_site_has_is_reported() {
    let chaos = protecting(&[("booking-confirmations", Grade::High)]);
    let _site = chaos.site("booking-confirmation");
    let event = Event::MisspeltProtection {
        protected: "booking-confirmations".to_owned(),
        service: "booking-confirmation".to_owned(),
    };
    assert!(journalled(&chaos).contains(&event));
}

/// Writes a file that ends with the test.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn from_variables(
    builder: ChaosManagerBuilder,
    variables: &[(&str, &str)],
) -> Result<ChaosManager, Error> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.into()));
    builder.variables(Variables::new(variables)).try_build()
}

const FROZEN: &str = "version: 1\nfreezes: [{ from: 2000-01-01, until: 9999-12-31 }]";
const EXPERIMENTS: &str =
    "{ version: 1, experiments: [{ name: a, fault: panic, blast_radius: { points_at: pms } }] }";

#[test]
fn a_variable_names_the_file_and_wins_over_the_builder() {
    let file = File::new("wins.yaml", FROZEN);
    let variables = [("CHAOS_POLICY", file.path()), ("CHAOS_ENVIRONMENT", "test")];
    let chaos = from_variables(ChaosManager::builder().policy(Policy::new()), &variables).unwrap();
    broken_rule(chaos.start(broken("a", points())));
    let chaos = from_variables(
        ChaosManager::builder().policy(frozen()),
        &[("CHAOS_ENVIRONMENT", "test")],
    );
    broken_rule(chaos.unwrap().start(broken("a", points())));
}

#[test]
fn a_bad_policy_file_prevents_the_start_unless_chaos_is_off() {
    let file = File::new("bad.yaml", "version: 1\nfreeze: []");
    let named = ("CHAOS_POLICY", file.path());
    let refused = from_variables(ChaosManager::builder(), &[named]).unwrap_err();
    assert!(
        refused.to_string().contains("did you mean `freezes`?"),
        "{refused}"
    );
    assert!(from_variables(ChaosManager::builder(), &[named, ("CHAOS", "off")]).is_ok());
}

#[test]
fn a_service_starts_while_no_window_is_open_but_not_with_what_may_never_start() {
    let experiments = File::new("experiments.yaml", EXPERIMENTS);
    let built = |policy: &File| {
        let environment = ("CHAOS_ENVIRONMENT", "test");
        let variables = [
            ("CHAOS_FILE", experiments.path()),
            ("CHAOS_POLICY", policy.path()),
            environment,
        ];
        from_variables(ChaosManager::builder(), &variables)
    };
    let chaos = built(&File::new("frozen.yaml", FROZEN)).unwrap();
    assert!(chaos.status().is_empty());
    assert!(
        journalled(&chaos)
            .iter()
            .any(|event| matches!(event, Event::Refused { .. }))
    );
    let protected = File::new("protected.yaml", "version: 1\nprotected: { pms: absolute }");
    let rule = broken_rule(built(&protected).map(drop));
    assert!(!rule.is_temporary());
}
