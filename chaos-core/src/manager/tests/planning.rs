use super::*;
use crate::manager::active::{Active, SiteMatch};

#[test]
fn servers_give_scopes_while_anything_runs() {
    let chaos = ChaosManager::new();
    let server = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let one = chaos.start(broken("a", points())).unwrap();
    let two = chaos.start(broken("b", points())).unwrap();
    let late = chaos.register(SiteKind::Server, "payments", Support::CALLS);
    drop(one);
    for server in [&server, &late] {
        assert!(server.needs().is_some_and(Needs::scope));
    }
    drop(two);
    assert!(server.needs().is_none() && late.needs().is_none());
}

fn active(guard: &ExperimentGuard) -> Active {
    Active {
        running: Arc::clone(guard.running()),
        judges: Box::default(),
        watches: Vec::new(),
        site_match: SiteMatch::Found,
        is_activated: false,
    }
}

#[test]
fn an_experiment_that_ends_while_its_name_is_taken_is_kept_until_it_has_settled() {
    let chaos = ChaosManager::new();
    let first = chaos.start(broken("a", points())).unwrap();
    let other = ChaosManager::new();
    let second = other.start(broken("a", points())).unwrap();
    first.running().stop(EndReason::TimeLimit);
    let mut table = chaos.0.table();
    let replaced = table.add(active(&second)).unwrap();
    assert!(Arc::ptr_eq(&replaced.running, first.running()));
    assert!(Arc::ptr_eq(&table.ended[0], first.running()));
    assert!(table.add(active(&second)).is_some());
    drop(table);
    drop(replaced);
}

#[test]
fn an_experiment_strikes_nothing_before_it_is_activated() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let guard = chaos.start(broken("a", points())).unwrap();
    let mut table = chaos.0.table();
    let again = table.running.remove("a").map(|active| Active {
        is_activated: false,
        ..active
    });
    assert!(table.add(again.unwrap()).is_none());
    // As a site that registers meanwhile does.
    table.plan(pms.state());
    assert!(pms.needs().is_none());
    table.running.activate(guard.running());
    table.plan(pms.state());
    assert!(pms.needs().is_some_and(Needs::decision));
}

#[test]
fn each_site_of_concern_is_planned_once() {
    let chaos = ChaosManager::new();
    for service in ["pms", "orders", "crm"] {
        chaos.site(service);
        chaos.register(SiteKind::Server, service, Support::CALLS);
    }
    let judging = |name: &str, service: &str| {
        let experiment = broken(name, BlastRadius::services([service]));
        let condition = Condition::consecutive_failures(3);
        chaos.start(experiment.abort_when(condition)).unwrap()
    };
    let _guards = [
        judging("a", "pms"),
        judging("b", "pms"),
        judging("c", "crm"),
    ];
    let table = chaos.0.table();
    let changed: Vec<_> = table.running.all().map(Active::as_changed).collect();
    let sites = table.sites.of_concern(&changed);
    let found: Vec<_> = sites
        .iter()
        .map(|site| (&**site.service(), site.kind()))
        .collect();
    assert_eq!(
        found,
        [
            ("crm", SiteKind::Point),
            ("pms", SiteKind::Point),
            ("pms", SiteKind::Server),
            ("orders", SiteKind::Server),
            ("crm", SiteKind::Server),
        ]
    );
}
