use std::time::Duration;

use super::*;
use crate::policy::{Hours, Window, Zone};
use crate::{BlastRadius, Consent, Fault, Format};

fn now() -> SystemTime {
    // A Monday afternoon.
    let now: jiff::Timestamp = "2026-11-30T15:00:00Z".parse().unwrap();
    now.into()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn slow(radius: BlastRadius) -> Experiment {
    Experiment::new("slow")
        .fault(Fault::latency(minutes(1)))
        .blast_radius(radius)
        .time_limit(minutes(1))
}

fn calls(service: &str) -> BlastRadius {
    BlastRadius::calls_to(service)
}

fn checked(policy: &Policy, experiment: &Experiment) -> Result<(), BrokenRule> {
    policy.check(experiment, Environment::Staging, now(), 0)
}

#[track_caller]
fn refused(policy: &Policy, experiment: &Experiment) -> String {
    checked(policy, experiment).unwrap_err().to_string()
}

#[test]
fn a_policy_without_rules_allows_everything() {
    let everything = BlastRadius::everything(Consent::by("anna").unwrap());
    let experiment = slow(everything).time_limit(minutes(10_000));
    assert_eq!(
        Policy::new().check(&experiment, Environment::Production, now(), 1000),
        Ok(())
    );
}

#[test]
fn the_highest_risk_counts_in_the_environment() {
    let policy = Policy::new().highest_risk(Risk::Moderate);
    let experiment = slow(calls("pms"));
    assert_eq!(checked(&policy, &experiment), Ok(()));
    let in_production = policy.check(&experiment, Environment::Production, now(), 0);
    assert_eq!(
        in_production.unwrap_err().to_string(),
        "`highest_risk`: expected at most `moderate`, found `high`"
    );
    let dry = policy.check(&experiment.dry_run(), Environment::Production, now(), 0);
    assert_eq!(dry, Ok(()));
}

#[test]
fn a_service_is_open_to_what_its_grade_allows() {
    let policy = Policy::new()
        .protect("payments", Grade::Absolute)
        .and_then(|policy| policy.protect("sms", Grade::High))
        .and_then(|policy| policy.protect("email", Grade::Medium))
        .unwrap();
    let tagged = |service| calls(service).tagged("canary");
    let panics = |service| slow(tagged(service)).fault(Fault::panic());
    for (experiment, why) in [
        (slow(tagged("payments")), Some("which allows no experiment")),
        (
            slow(tagged("payments")).dry_run(),
            Some("which allows no experiment"),
        ),
        (slow(tagged("sms")), None),
        (panics("sms"), None),
        (
            slow(calls("sms")),
            Some("which allows the level `request` (some tags or attributes), found `service`"),
        ),
        (slow(tagged("email")), None),
        (
            panics("email"),
            Some("which allows the risk `low`, found `moderate`"),
        ),
        (
            slow(calls("email")),
            Some("which allows the risk `low`, found `moderate`"),
        ),
        (slow(calls("pms")), None),
        (
            slow(BlastRadius::everything(Consent::by("anna").unwrap())),
            None,
        ),
    ] {
        match why {
            Some(why) => {
                let refused = refused(&policy, &experiment);
                assert!(
                    refused.starts_with("`protected`: the grade of `"),
                    "{refused}"
                );
                assert!(refused.ends_with(why), "{refused}");
            }
            None => assert_eq!(checked(&policy, &experiment), Ok(()), "{experiment:?}"),
        }
    }
    let one_of_two = slow(BlastRadius::services(["pms", "sms"]));
    assert!(refused(&policy, &one_of_two).contains("`sms` is `high`"));
}

#[test]
fn the_longest_duration_depends_on_the_risk() {
    let policy = Policy::new()
        .longest(Risk::Low, minutes(10))
        .and_then(|policy| policy.longest(Risk::High, minutes(2)))
        .unwrap();
    let lasting = |limit| slow(calls("pms")).time_limit(minutes(limit));
    assert_eq!(checked(&policy, &lasting(10)), Ok(()));
    assert_eq!(
        refused(&policy, &lasting(11)),
        "`longest`: expected a time limit of at most 10m at risk `moderate`, found 11m"
    );
    for risk in [Risk::High, Risk::Critical] {
        let risky = |limit| lasting(limit).risk_at_least(risk);
        assert_eq!(checked(&policy, &risky(2)), Ok(()));
        assert!(refused(&policy, &risky(3)).contains("at most 2m"));
    }
    let cut_short = lasting(11).until(now() + minutes(10));
    assert_eq!(checked(&policy, &cut_short), Ok(()));
}

fn off_hours() -> Policy {
    let night = Window::new(
        "mon-fri".parse().unwrap(),
        Hours::between((22, 0), (6, 0)).unwrap(),
    );
    Policy::new()
        .time_zone(Zone::named("Europe/Berlin").unwrap())
        .window(Risk::High, night)
}

#[test]
fn outside_its_windows_an_experiment_learns_when_the_next_one_opens() {
    let experiment = slow(calls("pms"));
    assert_eq!(checked(&off_hours(), &experiment), Ok(()));
    assert_eq!(
        refused(&off_hours(), &experiment.risk_at_least(Risk::High)),
        "`windows`: none is open for risk `high`; the next opening is at Mon 2026-11-30 22:00 +01:00 (Europe/Berlin)"
    );
}

#[test]
fn a_holiday_and_a_freeze_are_named() {
    let experiment = slow(calls("pms"));
    let on_holiday = off_hours().holiday("11-30".parse().unwrap());
    assert_eq!(
        refused(&on_holiday, &experiment),
        "`holidays`: nothing may start on 11-30; the next opening is at Tue 2026-12-01 00:00 +01:00 (Europe/Berlin)"
    );
    let freeze =
        super::super::Freeze::new("2026-11-01".parse().unwrap(), "9999-12-31".parse().unwrap());
    let frozen = on_holiday.freeze(freeze.unwrap().because("audit"));
    assert_eq!(
        refused(&frozen, &experiment),
        "`freezes`: nothing may start from 2026-11-01 until 9999-12-31 (audit); there is no opening in the next ten years"
    );
}

#[test]
fn at_most_so_many_starts_run_at_once() {
    let policy = Policy::new().at_most_at_once(2).unwrap();
    let beside = |running| policy.check(&slow(calls("pms")), Environment::Test, now(), running);
    assert_eq!(beside(1), Ok(()));
    assert_eq!(
        beside(2).unwrap_err().to_string(),
        "`at_most_at_once`: expected at most 2 running at once, found 2 already (what is started together counts as one)"
    );
}

#[test]
fn what_would_be_refused_at_any_time_comes_before_what_may_pass() {
    let policy = off_hours()
        .at_most_at_once(1)
        .and_then(|policy| policy.longest(Risk::High, minutes(2)))
        .unwrap();
    let checked = |limit, now| {
        let experiment = slow(calls("pms")).risk_at_least(Risk::High);
        policy.check(
            &experiment.time_limit(minutes(limit)),
            Environment::Test,
            now,
            1,
        )
    };
    let [longest, window, at_once] = [
        checked(3, now()).unwrap_err(),
        checked(2, now()).unwrap_err(),
        checked(2, now() + minutes(7 * 60)).unwrap_err(),
    ];
    assert!(matches!(longest, BrokenRule::Longest { .. }) && !longest.is_temporary());
    assert!(matches!(window, BrokenRule::NoWindow { .. }) && window.is_temporary());
    assert!(matches!(at_once, BrokenRule::AtOnce { .. }) && at_once.is_temporary());
}

#[test]
fn the_example_refuses_what_it_says() {
    let example = include_str!("../../../docs/policy.yaml");
    let policy = Policy::parse(example, Format::Yaml, "policy.yaml").unwrap();
    let grades: Vec<_> = policy.protected().collect();
    assert_eq!(
        grades,
        [
            ("booking-confirmations", Grade::High),
            ("email", Grade::Medium),
            ("payment-webhook", Grade::Absolute),
            ("payments", Grade::Absolute),
            ("sms", Grade::High),
        ]
    );
    let at_risk = |risk, limit| {
        slow(calls("pms").tagged("a"))
            .risk_at_least(risk)
            .time_limit(minutes(limit))
    };
    let night = now() + minutes(8 * 60);
    let allowed =
        |risk, limit, now| policy.check(&at_risk(risk, limit), Environment::Staging, now, 0);
    assert_eq!(allowed(Risk::Low, 10, now()), Ok(()));
    assert_eq!(allowed(Risk::Moderate, 5, now() - minutes(60)), Ok(()));
    assert_eq!(allowed(Risk::High, 2, night), Ok(()));
    let broken = |risk, limit, now| allowed(risk, limit, now).unwrap_err();
    for (risk, limit) in [(Risk::Low, 11), (Risk::Moderate, 6), (Risk::High, 3)] {
        assert!(matches!(
            broken(risk, limit, night),
            BrokenRule::Longest { .. }
        ));
    }
    assert!(matches!(
        broken(Risk::High, 2, now()),
        BrokenRule::NoWindow { .. }
    ));
    assert!(matches!(
        broken(Risk::Critical, 1, night),
        BrokenRule::HighestRisk { .. }
    ));
    let two = policy.check(&at_risk(Risk::Low, 1), Environment::Staging, now(), 1);
    assert!(matches!(two, Err(BrokenRule::AtOnce { .. })));
}
