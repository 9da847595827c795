use super::*;
use crate::journal::Nearest;

/// What is told of the sites that `a` waits for and finds.
fn told(chaos: &ChaosManager) -> Vec<Event> {
    let mut events = journalled(chaos);
    events.retain(|event| matches!(event, Event::Unmatched { .. } | Event::Matched { .. }));
    events
}

fn unmatched(nearest: Option<Nearest>) -> Event {
    Event::Unmatched {
        experiment: "a".to_owned(),
        selects: "points at pms".to_owned(),
        nearest,
    }
}

fn named(service: &str) -> Option<Nearest> {
    let service = service.to_owned();
    Some(Nearest::Named { service })
}

fn configured() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(vec![broken("a", points())])
        .build()
}

#[test]
fn an_experiment_that_matches_nothing_is_told_the_nearest_name() {
    let first_told = |known: &[&str]| {
        let chaos = ChaosManager::new();
        known.iter().for_each(|service| drop(chaos.site(service)));
        let _guard = chaos.start(broken("a", points())).unwrap();
        told(&chaos)
    };
    assert_eq!(first_told(&["bank", "pmss"]), [unmatched(named("pmss"))]);
    assert_eq!(first_told(&["bank"]), [unmatched(None)]);
    assert_eq!(first_told(&["pms", "pmss"]), []);
}

#[test]
fn one_that_comes_before_its_site_waits_and_finds_it_once() {
    let chaos = configured();
    assert_eq!(told(&chaos), [unmatched(None)]);
    chaos.site("bank");
    chaos.site("pms");
    chaos.site("pms");
    let found = Event::Matched {
        experiment: "a".to_owned(),
        service: "pms".to_owned(),
        kind: SiteKind::Point,
    };
    assert_eq!(told(&chaos), [unmatched(None), found]);
    // Whatever comes later is nothing that could be meant.
    chaos.site("pmss");
    assert_eq!(told(&chaos).len(), 2);
}

#[test]
fn a_misspelt_name_is_told_once_when_a_site_with_nearly_that_name_registers() {
    let chaos = configured();
    chaos.site("pmss");
    chaos.site("ppms");
    assert_eq!(told(&chaos), [unmatched(None), unmatched(named("pmss"))]);
    // It was no slip after all.
    chaos.site("pms");
    assert!(matches!(told(&chaos)[2], Event::Matched { .. }));
}

#[test]
fn a_name_like_it_of_another_kind_is_nothing_to_tell() {
    let chaos = configured();
    chaos.register(SiteKind::Database, "pms-db", Support::CALLS);
    assert_eq!(told(&chaos), [unmatched(None)]);
    // Where any kind will do, it may be meant.
    let any = broken("b", BlastRadius::services(["pms"]));
    let _guard = chaos.start(any).unwrap();
    assert!(
        matches!(&told(&chaos)[1], Event::Unmatched { nearest, .. } if *nearest == named("pms-db"))
    );
}

#[test]
fn the_name_of_a_site_of_another_kind_is_told_with_the_key_for_it() {
    let nearest = Nearest::OtherKind {
        service: "pms".to_owned(),
        kind: SiteKind::Stream,
    };
    assert_eq!(nearest.to_string(), "`pms` is a stream here: `streams_to`");
    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Stream, "pms", Support::CALLS);
    let _guard = chaos.start(broken("a", points())).unwrap();
    assert_eq!(told(&chaos), [unmatched(Some(nearest.clone()))]);

    let chaos = configured();
    chaos.register(SiteKind::Stream, "pms", Support::CALLS);
    assert_eq!(told(&chaos), [unmatched(None), unmatched(Some(nearest))]);
}

#[test]
fn one_that_has_ended_waits_for_nothing() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(broken("a", points())).unwrap();
    drop(guard);
    chaos.site("pms");
    assert_eq!(told(&chaos), [unmatched(None)]);
}

#[test]
fn a_condition_without_its_site_is_told_the_nearest_name() {
    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Server, "order", Support::CALLS);
    let refused = chaos.start(judged("a")).unwrap_err().to_string();
    assert!(refused.ends_with("did you mean `order`?"), "{refused}");
}

#[test]
fn one_that_waits_for_a_site_to_judge_is_told_a_name_like_it_when_it_comes() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(vec![judged("a")])
        .build();
    let waits = || -> Vec<String> {
        let events = journalled(&chaos).into_iter();
        events
            .filter_map(|event| match event {
                Event::Waiting { why, .. } => Some(why),
                _ => None,
            })
            .collect()
    };
    let first = "no site of `orders` is registered";
    assert_eq!(waits(), [first]);
    chaos.site("bank");
    assert_eq!(waits(), [first]);
    chaos.register(SiteKind::Server, "order", Support::CALLS);
    chaos.site("pms");
    assert_eq!(waits(), [first, &format!("{first}; did you mean `order`?")]);
}
