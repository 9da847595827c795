use super::warnings::warnings_of;
use super::*;
use crate::explain::WhyNot;

const RESERVE: Operation<'static> = Operation::new("reserve");

/// What the journal says about the end of the experiment `a`.
fn why_idle(chaos: &ChaosManager) -> Option<String> {
    let mut ends = journalled(chaos)
        .into_iter()
        .filter_map(|event| match event {
            Event::Ended { why_idle, .. } => Some(why_idle),
            _ => None,
        });
    ends.next_back().expect("an end")
}

/// Why an experiment at `pms` struck nothing while `reserve` happened there.
fn why_idle_beside_reserve(experiment: Experiment) -> Option<String> {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = chaos.start(experiment).unwrap();
    let _ = site.point_blocking(RESERVE);
    drop(guard);
    why_idle(&chaos)
}

#[test]
fn an_experiment_that_struck_nothing_says_why_at_its_end() {
    for (experiment, expected) in [
        (
            broken("a", BlastRadius::points_at("psm")),
            "it found no site that it can strike: it selects points at psm",
        ),
        (
            broken("a", points().operation("resrve")),
            "no operation at its sites matched `resrve`",
        ),
        (
            broken("a", points().rate(Rate::percent(0.000_001).unwrap())),
            "no operation at its sites was within the rate of 0.000001%",
        ),
        (
            broken("a", points().attribute("room", "1")),
            "operations happened at its sites, but its attributes, tags, pattern or fault let each of them pass",
        ),
        (
            broken("a", points()).pattern(Pattern::every(2).unwrap()),
            "operations happened at its sites, but its attributes, tags, pattern or fault let each of them pass",
        ),
    ] {
        assert_eq!(
            why_idle_beside_reserve(experiment).as_deref(),
            Some(expected)
        );
    }
    let chaos = ChaosManager::new();
    let _site = chaos.site("pms");
    drop(chaos.start(broken("a", points())).unwrap());
    assert_eq!(
        why_idle(&chaos).as_deref(),
        Some("no operation happened at its sites")
    );
}

#[test]
fn an_experiment_that_struck_nothing_ends_with_a_warning() {
    let warnings = warnings_of(|| {
        drop(why_idle_beside_reserve(broken(
            "a",
            points().operation("x"),
        )));
    });
    assert_eq!(
        warnings,
        [
            "experiment ended without a single injection",
            "\"no operation at its sites matched `x`\""
        ]
    );
    let warnings = warnings_of(|| drop(why_idle_beside_reserve(broken("a", points()))));
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn an_experiment_that_struck_or_was_not_meant_to_strike_says_nothing() {
    let clock = Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(1)));
    let everything = BlastRadius::everything(Consent::by("a test").unwrap());
    let no_instance = points().share_of_instances(Rate::percent(0.000_001).unwrap());
    for experiment in [
        broken("a", points()),
        broken("a", points()).dry_run(),
        Experiment::new("a").fault(clock).blast_radius(everything),
        broken("a", no_instance),
    ] {
        assert_eq!(why_idle_beside_reserve(experiment), None);
    }
}

#[test]
fn a_name_that_matched_no_operation_so_far_is_explained() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos
        .start(broken("a", points().operation("resrve")))
        .unwrap();
    let why = || chaos.explain("pms", RESERVE).answers.remove(0).why_not;
    assert!(matches!(why(), Some(WhyNot::Operation(_))));
    assert!(site.point_blocking(RESERVE).is_ok());
    let why_not = why().unwrap();
    assert!(matches!(&why_not, WhyNot::NoOperation(glob) if glob.to_string() == "resrve"));
    assert!(
        why_not.to_string().ends_with("nor has any other so far"),
        "{why_not}"
    );
    assert!(site.point_blocking("resrve").is_err());
    assert!(matches!(why(), Some(WhyNot::Operation(_))));
}

#[test]
fn a_protected_name_without_a_site_is_reported_for_a_similar_one() {
    let chaos = ChaosManager::builder()
        .protect("auht")
        .protect("orders")
        .protect("psm")
        .build();
    for service in ["auth", "auth", "orders-db", "pms", "bank"] {
        chaos.site(service);
    }
    chaos.register(SiteKind::Client, "auth", Support::CALLS);
    let reported = |protected: &str, service: &str| Event::MisspeltProtection {
        protected: protected.to_owned(),
        service: service.to_owned(),
    };
    assert_eq!(
        journalled(&chaos),
        [reported("auht", "auth"), reported("psm", "pms")]
    );
    let explained = |service| chaos.explain(service, "login").to_string();
    assert!(
        explained("auth")
            .contains("`auht` is protected, but no site has that name; did you mean `auth`?")
    );
    assert!(!explained("bank").contains("protected"));
    chaos.site("auht");
    assert!(!explained("auth").contains("`auht`"));
}

#[test]
fn a_protected_site_and_one_of_a_known_name_are_not_misspelt() {
    let chaos = ChaosManager::builder()
        .protect("auth")
        .protect("auth2")
        .build();
    for service in ["auth", "auth2", "aut"] {
        chaos.site(service);
    }
    assert_eq!(journalled(&chaos), []);
}
