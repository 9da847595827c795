//! On whose behalf experiments start and end.

use super::*;
use crate::{Attribution, Role};

fn anna() -> Actor {
    Actor::Remote {
        name: "anna".to_owned(),
        role: Role::Operator,
    }
}

fn consented(name: &str) -> Experiment {
    broken(name, points()).consent_to_production(Consent::by("anna").unwrap())
}

fn attributions(chaos: &ChaosManager) -> Vec<Attribution> {
    let entries = chaos.journal().into_iter();
    entries
        .filter_map(|entry| match entry.event {
            Event::Started { attribution, .. }
            | Event::Halted { attribution }
            | Event::Resumed { attribution }
            | Event::Ended {
                reason: EndReason::Stopped(attribution) | EndReason::Replaced(attribution),
                ..
            } => Some(attribution),
            _ => None,
        })
        .collect()
}

#[test]
fn every_start_stop_halt_and_resume_names_its_actor_and_reason() {
    let chaos = ChaosManager::new();
    let steering = chaos.on_behalf_of(anna()).because("game day");
    let guards = steering.start(vec![consented("a")]).unwrap();
    let id = chaos.status()[0].id.unwrap();
    let replacing = steering.replace(id, consented("a")).unwrap();
    steering.stop("a").unwrap();
    steering.halt();
    steering.resume();
    drop((guards, replacing));
    let expected = Attribution::new(anna(), Some("game day".to_owned()));
    assert_eq!(attributions(&chaos), vec![expected; 6]);
}

#[test]
fn the_overview_names_the_halts_in_force() {
    let chaos = ChaosManager::new();
    chaos.site("pms");
    let _guard = chaos.start(broken("a", points())).unwrap();
    assert_eq!(chaos.overview().running, ["a"]);
    chaos.on_behalf_of(anna()).because("too slow").halt();
    chaos.halt();
    let overview = chaos.overview();
    let expected = Attribution::new(anna(), Some("too slow".to_owned()));
    let halts: Vec<_> = overview
        .halts
        .iter()
        .map(|halt| &halt.attribution)
        .collect();
    assert_eq!(halts, [&expected]);
    assert!(overview.running.is_empty() && overview.sites == 1);
    chaos.resume();
    assert!(chaos.overview().halts.is_empty());
}

#[tokio::test]
async fn the_overview_counts_what_has_happened() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let guard = chaos.start(broken("a", points())).unwrap();
    assert!(chaos.start(broken("a", points())).is_err());
    for _ in 0..3 {
        pms.point("reserve").await.unwrap_err();
    }
    drop(guard);
    let _guard = chaos.start(broken("b", points())).unwrap();
    chaos.halt();
    chaos.halted().await;
    let totals = chaos.overview().totals;
    assert_eq!((totals.started, totals.refused), (2, 1));
    assert_eq!((totals.injected, totals.halted, totals.lost), (3, 1, 0));
    let ended = [("dropped", 1), ("halted", 1)];
    assert_eq!(
        totals.ended,
        ended
            .map(|(reason, count)| (reason.to_owned(), count))
            .into()
    );
}

#[test]
fn code_is_the_actor_of_everything_else() {
    let chaos = ChaosManager::new();
    let _guard = chaos.start(broken("a", points())).unwrap();
    chaos.stop("a").unwrap();
    chaos.halt();
    chaos.resume();
    assert_eq!(attributions(&chaos), vec![Actor::Code.into(); 4]);
}

#[test]
fn an_experiment_of_a_file_names_the_file() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let text = r#"{"version": 1, "experiments": [{"name": "a", "fault": "panic", "blast_radius": {"points_at": "pms"}}]}"#;
    let file = ExperimentFile::parse(text, crate::Format::Json, "chaos.json").unwrap();
    let _guards = chaos.start_file(file).unwrap();
    assert_eq!(
        attributions(&chaos),
        [Actor::File("chaos.json".to_owned()).into()]
    );
}

#[test]
fn a_remote_start_counts_as_production_unless_the_environment_is_stated() {
    let start = |chaos: &ChaosManager| {
        let steering = chaos.on_behalf_of(anna());
        steering.start(vec![broken("a", points())]).map(drop)
    };
    let refused = start(&ChaosManager::new()).unwrap_err();
    assert!(matches!(refused, Error::NeedsConsent { .. }), "{refused}");
    let staging = ChaosManager::builder().environment(Environment::Staging);
    assert!(start(&staging.build()).is_ok());
}

#[test]
fn a_taken_name_is_refused_with_its_holder() {
    let chaos = ChaosManager::new();
    let _guards = chaos
        .on_behalf_of(anna())
        .start(vec![consented("a")])
        .unwrap();
    let refused = chaos.start(broken("a", points())).unwrap_err();
    let text = "`a` is already running, started by anna (operator)";
    assert_eq!(refused.to_string(), text);
}

#[test]
fn only_the_experiment_that_was_looked_at_is_replaced() {
    let chaos = ChaosManager::new();
    let steering = chaos.on_behalf_of(Actor::Code);
    let first = steering.start(vec![broken("a", points())]).unwrap();
    let id = chaos.status()[0].id.unwrap();
    let second = steering.replace(id, broken("a", points())).unwrap();
    assert!(matches!(first[0].ended(), Some(EndReason::Replaced(_))));
    assert_eq!(second[0].ended(), None);

    for stale in [
        steering.replace(id, broken("a", points())),
        steering.replace(id, broken("b", points())),
    ] {
        let refused = stale.unwrap_err();
        assert!(matches!(refused, Error::Superseded { .. }), "{refused}");
    }
    assert_eq!(second[0].ended(), None);
}

#[test]
fn a_refused_replacement_leaves_the_running_experiment() {
    let chaos = ChaosManager::builder().protect("bank").build();
    let steering = chaos.on_behalf_of(Actor::Code);
    let first = steering.start(vec![broken("a", points())]).unwrap();
    let id = chaos.status()[0].id.unwrap();
    let protected = broken("a", BlastRadius::calls_to("bank"));
    let refused = steering.replace(id, protected).unwrap_err();
    assert!(matches!(refused, Error::Protected { .. }), "{refused}");
    assert_eq!(first[0].ended(), None);
}

#[test]
fn a_check_starts_and_journals_nothing() {
    let chaos = ChaosManager::new();
    let steering = chaos.on_behalf_of(Actor::Code);
    steering.check(&[broken("a", points())]).unwrap();
    let twice = [broken("a", points()), broken("a", points())];
    let refused = steering.check(&twice).unwrap_err();
    assert!(matches!(refused, Error::AlreadyRunning { .. }), "{refused}");
    assert!(chaos.status().is_empty() && chaos.journal().is_empty());
}

#[test]
fn one_remote_start_runs_at_once_unless_a_policy_says_more() {
    let start = |chaos: &ChaosManager, names: &[&str]| {
        let experiments = names.iter().map(|name| consented(name)).collect();
        chaos.on_behalf_of(anna()).start(experiments)
    };
    let chaos = ChaosManager::new();
    let _by_code = chaos.start(broken("code", points())).unwrap();
    let both = start(&chaos, &["a", "b"]).unwrap();
    let refused = start(&chaos, &["c"]).unwrap_err();
    assert!(matches!(refused, Error::Policy { .. }), "{refused}");
    // The replaced one makes room.
    drop(both);
    let _one = start(&chaos, &["c"]).unwrap();
    let status = chaos.status();
    let id = status.iter().find(|one| one.name == "c").unwrap().id;
    let id = id.unwrap();
    let replacing = chaos.on_behalf_of(anna()).replace(id, consented("c"));
    assert!(replacing.is_ok(), "{replacing:?}");

    let policy = Policy::new().at_most_at_once(2).unwrap();
    let chaos = ChaosManager::builder().policy(policy).build();
    let _both = [
        start(&chaos, &["a"]).unwrap(),
        start(&chaos, &["b"]).unwrap(),
    ];
    assert!(start(&chaos, &["c"]).is_err());
}

#[test]
fn no_experiment_hits_the_routes_that_steer_chaos() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let requests = BlastRadius::requests_to("orders");
    let _all = chaos.start(broken("all", requests.clone())).unwrap();
    let named = requests.operation("POST /chaos/v1/halt");
    let _named = chaos.start(broken("named", named)).unwrap();
    let is_hit = |name| !orders.decide(&Operation::new(name)).is_none();
    assert!(!is_hit("POST /chaos/v1/halt") && !is_hit("GET /internal/chaos/v1/status"));
    assert!(is_hit("POST /chaos"));
}
