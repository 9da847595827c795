//! The details of an entry.

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Environment, Event, Experiment, Failure, Fault, FaultKind,
    Level, Operation, Phase, RateLimit, Risk, Scope, SiteKind,
};

use crate::{broken, injections, reserve};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_entry_of_a_start_has_all_details() {
    let chaos = ChaosManager::builder()
        .seed(7)
        .environment(Environment::Staging)
        .build();
    chaos.site("pms");
    let experiment = broken("a")
        .owner("ann")
        .reason("does checkout survive?")
        .risk_at_least(Risk::High)
        .blast_radius(BlastRadius::everything(Consent::by("ben").unwrap()))
        .consent_to_production(Consent::by("ann").unwrap().because("a game day"))
        .consent_to_destruction(Consent::by("cleo").unwrap());
    let _guard = chaos.start(experiment.dry_run()).unwrap();
    let entries = chaos.journal();
    assert_eq!(entries.len(), 1);
    let Event::Started {
        experiment,
        owner,
        why,
        risk,
        level,
        environment,
        consents,
        seed,
        dry_run,
        ..
    } = &entries[0].event
    else {
        panic!("{:?}", entries[0]);
    };
    assert_eq!(experiment, "a");
    assert_eq!(owner.as_deref(), Some("ann"));
    assert_eq!(why.as_deref(), Some("does checkout survive?"));
    let by = |consent: &Option<Consent>| consent.as_ref().map(|by| by.who().to_owned());
    assert_eq!(by(&consents.everything).as_deref(), Some("ben"));
    assert_eq!(by(&consents.destruction).as_deref(), Some("cleo"));
    let production = consents.production.as_ref().unwrap();
    assert_eq!(
        (production.who(), production.why()),
        ("ann", Some("a game day"))
    );
    assert!(*risk >= Risk::High);
    assert_eq!(
        (level, environment),
        (&Level::System, &Environment::Staging)
    );
    assert_eq!((*seed, *dry_run), (7, true));
}

#[tokio::test(start_paused = true)]
async fn the_entry_of_an_injection_describes_its_operation() {
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Client, "pms", Support::CALLS);
    let experiment = Experiment::new("a")
        .fault(Fault::timeout(2 * SECOND))
        .blast_radius(BlastRadius::calls_to("pms"))
        .phase(Phase::After);
    let _guard = chaos.start(experiment).unwrap();
    let scope = Scope::new("order-7").retry();
    let mut decision = site.decide(&Operation::new("POST /rooms").within(&scope));
    decision.apply(Phase::After).await.unwrap_err();
    let entries = chaos.journal();
    let Some(Event::Injected(injected)) = entries.last().map(|entry| &entry.event) else {
        panic!("{entries:?}");
    };
    assert_eq!(injected.experiment, "a");
    assert_eq!(
        (&*injected.service, injected.kind),
        ("pms", SiteKind::Client)
    );
    assert_eq!(injected.operation, "POST /rooms");
    assert_eq!(injected.fault, FaultKind::Timeout);
    assert_eq!(injected.phase, Phase::After);
    assert_eq!(
        (injected.key.as_deref(), injected.attempt),
        (Some("order-7"), 2)
    );
    assert_eq!(injected.delay, 2 * SECOND);
    assert_eq!(
        injected.failure.as_deref(),
        Some(&*Failure::TimedOut.to_string())
    );
    assert!(!injected.dry_run);
}

#[tokio::test(start_paused = true)]
async fn injections_of_a_dry_run_are_marked_as_such() {
    let chaos = ChaosManager::builder().dry_run().build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    assert!(!reserve(&site).await);
    let entries = chaos.journal();
    assert!(
        matches!(&entries[1].event, Event::Injected(injected) if injected.dry_run && injected.attempt == 1 && injected.key.is_none())
    );
}

#[tokio::test(start_paused = true)]
async fn the_entry_of_an_injection_names_the_first_fault_that_had_an_effect() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let once_an_hour = RateLimit::per(1, 3_600 * SECOND).unwrap();
    let experiment = Experiment::new("a")
        .fault(Fault::RateLimit(once_an_hour))
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"));
    let _guard = chaos.start(experiment).unwrap();
    assert!(reserve(&site).await);
    assert!(reserve(&site).await);
    let kinds: Vec<_> = injections(&chaos).iter().map(|one| one.fault).collect();
    assert_eq!(kinds, [FaultKind::Error, FaultKind::RateLimit]);
    let text = serde_json::to_string(&chaos.journal()).unwrap();
    assert!(text.contains(r#""fault":"rate_limit""#), "{text}");
}
