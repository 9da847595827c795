//! Scopes of requests, and the faults injected into them.

use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault, Operation, Pattern,
    Rate, Scope, Site,
};

fn start(
    fault: Fault,
    change: impl FnOnce(Experiment) -> Experiment,
) -> (ChaosManager, Site, ExperimentGuard) {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let experiment = Experiment::new("broken")
        .fault(fault)
        .blast_radius(BlastRadius::points_at("pms"));
    let guard = chaos.start(change(experiment)).unwrap();
    (chaos, site, guard)
}

fn is_affected(site: &Site, scope: &Scope) -> bool {
    !site
        .decide(&Operation::new("reserve").within(scope))
        .is_none()
}

#[tokio::test]
async fn a_pattern_counts_per_request_including_its_retries() {
    let twice = Pattern::fail_then_succeed(2).per_request();
    let (_chaos, site, guard) = start(Fault::error(Failure::Reset), |experiment| {
        experiment.pattern(twice)
    });
    for key in ["order-7", "order-8"] {
        let mut scope = Scope::new(key);
        let mut failed = Vec::new();
        for _ in 0..4 {
            failed.push(
                scope
                    .enter(async { site.point("reserve").await })
                    .await
                    .is_err(),
            );
            scope = scope.retry();
        }
        assert_eq!(failed, [true, true, false, false]);
    }
    assert_eq!(guard.injected(), 4);
}

#[tokio::test]
async fn two_requests_with_the_same_key_count_separately() {
    let once = Pattern::first(1).per_request();
    let (_chaos, site, _guard) = start(Fault::error(Failure::Reset), |experiment| {
        experiment.pattern(once)
    });
    let (one, other) = (Scope::new("order-7"), Scope::new("order-7"));
    assert!(is_affected(&site, &one) && is_affected(&site, &other));
    assert!(!is_affected(&site, &one) && !is_affected(&site, &other.clone()));
}

#[test]
fn a_key_draws_the_same_in_any_order_and_a_random_key_uses_the_sites_sequence() {
    let half = |experiment: Experiment| {
        let rate = Rate::percent(50.0).unwrap();
        experiment.blast_radius(BlastRadius::points_at("pms").rate(rate))
    };
    let drawn = |scopes: &mut dyn Iterator<Item = Scope>| {
        let (_chaos, site, _guard) = start(Fault::error(Failure::Reset), half);
        scopes
            .map(|scope| is_affected(&site, &scope))
            .collect::<Vec<_>>()
    };
    let keyed = || (0..64).map(|key| Scope::new(key.to_string()));
    let mut backwards = drawn(&mut keyed().rev());
    backwards.reverse();
    assert_eq!(drawn(&mut keyed()), backwards);

    let fresh = || drawn(&mut (0..64).map(|_| Scope::fresh()));
    let first = fresh();
    assert_eq!(first, fresh(), "a made-up key was drawn by");
    assert!(first.contains(&true) && first.contains(&false));

    // The draws equal those without a scope, and the same key always has the same draw.
    let (_chaos, site, _guard) = start(Fault::error(Failure::Reset), half);
    let bare: Vec<_> = (0..64)
        .map(|_| !site.decide(&Operation::new("reserve")).is_none())
        .collect();
    assert_eq!(first, bare);
    let first_call = || is_affected(&site, &Scope::new("order-7"));
    let again: Vec<_> = (0..64).map(|_| first_call()).collect();
    assert!(again.iter().all(|hit| *hit == again[0]));
}

#[tokio::test(start_paused = true)]
async fn a_scope_records_the_faults_injected_into_its_request() {
    let (chaos, site, guard) = start(Fault::latency(Duration::from_secs(1)), |experiment| {
        experiment
    });
    let bank = chaos.site("bank");
    let down = Experiment::new("down")
        .fault(Fault::error(Failure::Refused))
        .blast_radius(BlastRadius::points_at("bank"));
    let _down = chaos.start(down).unwrap();
    let scope = Scope::new("order-7");
    let bystander = Scope::new("order-8");
    assert!(!scope.was_touched());
    scope
        .enter(async {
            site.point("reserve").await.unwrap();
            bank.point("charge").await.unwrap_err();
        })
        .await;
    let touched: Vec<_> = scope
        .retry()
        .touched()
        .into_iter()
        .map(|touch| {
            format!(
                "{} {} {} {} {}",
                touch.experiment, touch.site, touch.operation, touch.fault, touch.phase
            )
        })
        .collect();
    assert_eq!(
        touched,
        [
            "broken pms reserve latency before",
            "down bank charge error before"
        ]
    );
    assert!(!bystander.was_touched());

    drop(guard);
    bystander
        .enter(async { site.point("reserve").await.unwrap() })
        .await;
    assert!(!bystander.was_touched());
}

#[tokio::test]
async fn faults_beyond_a_cap_or_in_a_dry_run_are_not_recorded() {
    let (_chaos, site, _guard) = start(Fault::error(Failure::Reset), Experiment::dry_run);
    let scope = Scope::new("order-7");
    scope
        .enter(async { site.point("reserve").await.unwrap() })
        .await;
    assert!(!scope.was_touched());

    let (_chaos, site, _guard) = start(Fault::error(Failure::Reset), |experiment| {
        experiment.blast_radius(BlastRadius::points_at("pms").at_most(1))
    });
    let (hit, spared) = (Scope::new("order-7"), Scope::new("order-8"));
    for scope in [&hit, &spared] {
        let _ = scope.enter(async { site.point("reserve").await }).await;
    }
    assert_eq!((hit.touch_count(), spared.touch_count()), (1, 0));
}

#[tokio::test]
async fn a_carried_scope_is_current_in_a_task() {
    let (_chaos, site, _guard) = start(Fault::error(Failure::Reset), |experiment| experiment);
    let scope = Scope::new("order-7");
    let task = scope.enter_blocking(|| {
        let site = site.clone();
        tokio::spawn(Scope::carry(async move {
            let hit = site.point("reserve").await.is_err();
            (hit, Scope::current().map(|scope| scope.key().to_owned()))
        }))
    });
    assert_eq!(task.await.unwrap(), (true, Some("order-7".to_owned())));
    assert_eq!(scope.touch_count(), 1);

    let bare = scope.enter_blocking(|| tokio::spawn(async move { site.point("reserve").await }));
    assert!(bare.await.unwrap().is_err());
    assert_eq!(scope.touch_count(), 1);
}
