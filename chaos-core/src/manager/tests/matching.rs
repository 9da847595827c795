use super::*;
use crate::journal::Nearest;

/// The journalled events about the sites that experiments match.
fn matching_events(chaos: &ChaosManager) -> Vec<Event> {
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

fn similar_name(service: &str) -> Option<Nearest> {
    let service = service.to_owned();
    Some(Nearest::Named { service })
}

fn configured() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![broken("a", points())]))
        .build()
}

#[test]
fn the_nearest_name_is_journalled_for_an_experiment_without_a_site() {
    let first_events = |known: &[&str]| {
        let chaos = ChaosManager::new();
        known.iter().for_each(|service| drop(chaos.site(service)));
        let _guard = chaos.start(broken("a", points())).unwrap();
        matching_events(&chaos)
    };
    assert_eq!(
        first_events(&["bank", "pmss"]),
        [unmatched(similar_name("pmss"))]
    );
    assert_eq!(
        first_events(&["bank", "psm"]),
        [unmatched(similar_name("psm"))]
    );
    assert_eq!(first_events(&["bank", "pas"]), [unmatched(None)]);
    assert_eq!(first_events(&["pms", "pmss"]), []);
}

#[test]
fn an_experiment_that_starts_before_its_site_matches_it_once() {
    let chaos = configured();
    assert_eq!(matching_events(&chaos), [unmatched(None)]);
    chaos.site("bank");
    chaos.site("pms");
    chaos.site("pms");
    let found = Event::Matched {
        experiment: "a".to_owned(),
        service: "pms".to_owned(),
        kind: SiteKind::Point,
    };
    assert_eq!(matching_events(&chaos), [unmatched(None), found]);
    // Suggestions end once a site matches.
    chaos.site("pmss");
    assert_eq!(matching_events(&chaos).len(), 2);
}

#[test]
fn a_misspelt_name_is_journalled_once_when_a_similar_site_registers() {
    let chaos = configured();
    chaos.site("pmss");
    chaos.site("ppms");
    assert_eq!(
        matching_events(&chaos),
        [unmatched(None), unmatched(similar_name("pmss"))]
    );
    // The name was right after all.
    chaos.site("pms");
    assert!(matches!(matching_events(&chaos)[2], Event::Matched { .. }));
}

#[test]
fn a_similar_name_of_another_kind_is_not_suggested() {
    let chaos = configured();
    chaos.register(SiteKind::Database, "pms-db", Support::CALLS);
    assert_eq!(matching_events(&chaos), [unmatched(None)]);
    // An experiment that selects any kind may have meant it.
    let any = broken("b", BlastRadius::services(["pms"]));
    let _guard = chaos.start(any).unwrap();
    assert!(
        matches!(&matching_events(&chaos)[1], Event::Unmatched { nearest, .. } if *nearest == similar_name("pms-db"))
    );
}

#[test]
fn the_key_of_a_site_of_another_kind_is_suggested() {
    let nearest = Nearest::OtherKind {
        service: "pms".to_owned(),
        kind: SiteKind::Stream,
    };
    assert_eq!(nearest.to_string(), "`pms` is a stream here: `streams_to`");
    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Stream, "pms", Support::CALLS);
    let _guard = chaos.start(broken("a", points())).unwrap();
    assert_eq!(matching_events(&chaos), [unmatched(Some(nearest.clone()))]);

    let chaos = configured();
    chaos.register(SiteKind::Stream, "pms", Support::CALLS);
    assert_eq!(
        matching_events(&chaos),
        [unmatched(None), unmatched(Some(nearest))]
    );
}

#[test]
fn an_ended_experiment_matches_no_new_site() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(broken("a", points())).unwrap();
    drop(guard);
    chaos.site("pms");
    assert_eq!(matching_events(&chaos), [unmatched(None)]);
}

#[test]
fn the_nearest_name_is_suggested_for_a_condition_without_its_site() {
    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Server, "order", Support::CALLS);
    let refused = chaos.start(judged("a")).unwrap_err().to_string();
    assert!(refused.ends_with("did you mean `order`?"), "{refused}");
}

#[test]
fn a_similar_name_is_suggested_to_an_experiment_that_waits_for_a_site_to_judge() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![judged("a")]))
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

#[test]
fn an_experiment_that_has_matched_matches_no_further_site() {
    let chaos = ChaosManager::new();
    let either = BlastRadius::services(["pms", "bank"]);
    let _guard = chaos.start(broken("a", either)).unwrap();
    chaos.site("bank");
    chaos.site("pms");
    let matched = matching_events(&chaos);
    let matched: Vec<_> = matched
        .iter()
        .filter_map(|event| match event {
            Event::Matched { service, .. } => Some(service.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(matched, ["bank"]);
}

/// The services at which an experiment was journalled as not supported.
fn unsupported_at(chaos: &ChaosManager) -> Vec<String> {
    let events = journalled(chaos).into_iter();
    events
        .filter_map(|event| match event {
            Event::NotSupported { service, .. } => Some(service),
            _ => None,
        })
        .collect()
}

#[test]
fn only_a_site_that_an_experiment_selects_is_journalled_as_not_supporting_it() {
    let chaos = ChaosManager::new();
    let _guard = chaos.start(broken("a", points())).unwrap();
    chaos.register(SiteKind::Point, "bank", Support::NONE);
    assert!(unsupported_at(&chaos).is_empty());
    chaos.register(SiteKind::Point, "pms", Support::NONE);
    assert_eq!(unsupported_at(&chaos), ["pms"]);
    chaos.register(SiteKind::Point, "pms", Support::NONE);
    assert_eq!(unsupported_at(&chaos), ["pms"], "it is known already");
    chaos.site("pms");
    assert_eq!(unsupported_at(&chaos), ["pms"], "it is supported now");
}

#[test]
fn a_pressure_needs_the_support_of_no_site() {
    let chaos = ChaosManager::new();
    let everything = BlastRadius::everything(Consent::by("a test").unwrap());
    let ahead = Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(1)));
    let _guard = chaos.inject(everything, ahead).unwrap();
    chaos.register(SiteKind::Point, "pms", Support::NONE);
    assert!(unsupported_at(&chaos).is_empty());
}
