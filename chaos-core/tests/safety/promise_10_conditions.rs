//! 10. Conditions abort an experiment and report why; each has a site to judge.

use std::time::Duration;

use chaos_core::adapter::{Outcome, Support};
use chaos_core::{
    ChaosManager, Condition, EndReason, Error, ExperimentGuard, Judged, Rate, Scope, Site, SiteKind,
};
use tokio::time::advance;

use crate::asking::{call, gets_through};
use crate::experiments::{PMS, failing, journalled_end};
use crate::patience::wait_until;

/// Longer than these tests take in real time, so that only virtual time counts.
const CHECK: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_secs(3_600);

struct Service {
    chaos: ChaosManager,
    orders: Site,
    guard: ExperimentGuard,
}

/// A service whose server site `orders` a condition judges.
fn judged_by(condition: Condition) -> Service {
    let chaos = ChaosManager::builder()
        .check_conditions_every(CHECK)
        .build();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let guard = chaos
        .start(
            failing("judged")
                .time_limit(2 * WINDOW)
                .abort_when(condition),
        )
        .unwrap();
    Service {
        chaos,
        orders,
        guard,
    }
}

fn error_rate() -> Condition {
    Condition::error_rate_above(Rate::percent(5.0).unwrap()).over(WINDOW)
}

fn report(site: &Site, outcome: Outcome, times: u32) {
    for _ in 0..times {
        site.observe().expect("it is judged").finish(outcome);
    }
}

fn report_treated(site: &Site, outcome: Outcome, times: u32) {
    for _ in 0..times {
        let mut observation = site.observe().expect("it is judged");
        observation.treated();
        observation.finish(outcome);
    }
}

/// Advances the clock to the next check of the condition.
async fn run_check(site: &Site) {
    advance(CHECK).await;
    report(site, Outcome::Success, 1);
}

#[track_caller]
fn assert_aborted(guard: &ExperimentGuard, why: &[&str]) {
    let Some(EndReason::Aborted(reason)) = guard.ended() else {
        panic!("not aborted: {:?}", guard.ended());
    };
    for why in why {
        assert!(reason.contains(why), "{reason:?} lacks {why:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_rate_aborts_and_is_journalled() {
    let service = judged_by(error_rate());
    let pms = service.chaos.site(PMS);
    assert!(!gets_through(&pms).await);
    report(&service.orders, Outcome::Failure, 30);
    report(&service.orders, Outcome::Success, 69);
    run_check(&service.orders).await;
    assert_aborted(&service.guard, &["error rate above 5%", "30% of 100"]);
    assert!(gets_through(&pms).await);
    wait_until("journalled", || {
        journalled_end(&service.chaos, "judged").is_some()
    });
    let journalled = journalled_end(&service.chaos, "judged");
    assert_eq!(journalled.as_ref(), service.guard.ended());
}

#[tokio::test(start_paused = true)]
async fn an_error_rate_at_its_limit_does_not_abort() {
    let service = judged_by(error_rate());
    report(&service.orders, Outcome::Failure, 5);
    report(&service.orders, Outcome::Success, 94);
    run_check(&service.orders).await;
    assert_eq!(service.guard.ended(), None);
    report(&service.orders, Outcome::Failure, 1);
    run_check(&service.orders).await;
    assert_aborted(&service.guard, &["error rate above 5%"]);
}

#[tokio::test(start_paused = true)]
async fn outcomes_older_than_the_window_do_not_count() {
    let service = judged_by(error_rate().over(4 * CHECK));
    report(&service.orders, Outcome::Failure, 50);
    advance(5 * CHECK).await;
    report(&service.orders, Outcome::Success, 50);
    run_check(&service.orders).await;
    assert_eq!(service.guard.ended(), None);
}

#[tokio::test(start_paused = true)]
async fn a_latency_aborts() {
    let limit = Duration::from_millis(200);
    let ninety = Rate::percent(90.0).unwrap();
    for (slow, aborts) in [(5, false), (15, true)] {
        let service = judged_by(Condition::latency_above(ninety, limit).over(WINDOW));
        for nth in 0..100 {
            let observation = service.orders.observe().unwrap();
            advance(Duration::from_millis(if nth < slow { 300 } else { 10 })).await;
            observation.finish(Outcome::Success);
        }
        run_check(&service.orders).await;
        if aborts {
            assert_aborted(&service.guard, &["p90 latency above 200ms"]);
        } else {
            assert_eq!(service.guard.ended(), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn consecutive_failures_abort_at_once() {
    let service = judged_by(Condition::consecutive_failures(3));
    report(&service.orders, Outcome::Failure, 2);
    report(&service.orders, Outcome::Success, 1);
    report(&service.orders, Outcome::Failure, 2);
    assert_eq!(service.guard.ended(), None);
    report(&service.orders, Outcome::Failure, 1);
    assert_aborted(&service.guard, &["3 consecutive failures"]);
}

#[tokio::test(start_paused = true)]
async fn too_few_samples_never_abort() {
    for (condition, least) in [(error_rate(), 20), (error_rate().min_samples(50), 50)] {
        let service = judged_by(condition);
        report(&service.orders, Outcome::Failure, least - 2);
        advance(CHECK).await;
        report(&service.orders, Outcome::Failure, 1);
        assert_eq!(service.guard.ended(), None, "{} samples", least - 1);
        advance(CHECK).await;
        report(&service.orders, Outcome::Failure, 1);
        assert_aborted(&service.guard, &["error rate"]);
    }
}

#[tokio::test(start_paused = true)]
async fn treated_and_untreated_operations_are_judged_separately() {
    for (judged, treated_fail) in [(Judged::Treated, false), (Judged::Untreated, true)] {
        let service = judged_by(error_rate().among(judged));
        let (treated, untreated) = match treated_fail {
            true => (Outcome::Failure, Outcome::Success),
            false => (Outcome::Success, Outcome::Failure),
        };
        report_treated(&service.orders, treated, 50);
        report(&service.orders, untreated, 50);
        run_check(&service.orders).await;
        assert_eq!(service.guard.ended(), None, "{judged:?}");
        report(&service.orders, Outcome::Failure, 50);
        report_treated(&service.orders, Outcome::Failure, 50);
        run_check(&service.orders).await;
        assert_aborted(&service.guard, &["among"]);
    }
}

#[tokio::test(start_paused = true)]
async fn consecutive_failures_count_only_judged_operations() {
    let service = judged_by(Condition::consecutive_failures(3).among(Judged::Untreated));
    report_treated(&service.orders, Outcome::Failure, 5);
    report(&service.orders, Outcome::Failure, 2);
    report_treated(&service.orders, Outcome::Success, 1);
    assert_eq!(service.guard.ended(), None);
    report(&service.orders, Outcome::Failure, 1);
    assert_aborted(&service.guard, &["3 consecutive failures"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_with_an_injected_fault_counts_as_treated() {
    let untreated = Condition::consecutive_failures(1).among(Judged::Untreated);
    let service = judged_by(untreated);
    let pms = service.chaos.site(PMS);
    let request = async {
        let observation = service.orders.observe().unwrap();
        assert!(!gets_through(&pms).await);
        observation.finish(Outcome::Failure);
    };
    Scope::new("a request").enter(request).await;
    assert_eq!(service.guard.ended(), None);
    Scope::new("another request")
        .enter(async { report(&service.orders, Outcome::Failure, 1) })
        .await;
    assert_aborted(&service.guard, &["1 consecutive failures"]);
}

#[tokio::test(start_paused = true)]
async fn a_condition_judges_only_the_site_that_it_names() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let mail = chaos.register(SiteKind::Server, "mail", Support::CALLS);
    let condition = Condition::consecutive_failures(2).at("mail");
    let guard = chaos
        .start(failing("judged").abort_when(condition))
        .unwrap();
    assert!(orders.observe().is_none(), "no condition judges it");
    report(&mail, Outcome::Failure, 2);
    assert_aborted(&guard, &["at mail"]);
}

#[tokio::test(start_paused = true)]
async fn server_sites_are_judged_by_default() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let payments = chaos.register(SiteKind::Client, "payments", Support::CALLS);
    let condition = Condition::consecutive_failures(2);
    let guard = chaos
        .start(failing("judged").abort_when(condition))
        .unwrap();
    assert!(payments.observe().is_none(), "it is not a server site");
    let later = chaos.register(SiteKind::Server, "later", Support::CALLS);
    report(&orders, Outcome::Failure, 1);
    report(&later, Outcome::Failure, 1);
    assert_aborted(&guard, &["2 consecutive failures"]);
}

#[test]
fn a_condition_without_a_site_to_judge_is_refused() {
    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Client, "payments", Support::CALLS);
    for condition in [
        Condition::consecutive_failures(2),
        Condition::consecutive_failures(2).at("nowhere"),
        error_rate(),
    ] {
        let refused = chaos.start(failing("judged").abort_when(condition));
        assert!(
            matches!(refused, Err(Error::NothingToJudge { .. })),
            "{refused:?}"
        );
    }
    let unknown = chaos.start(failing("judged").abort_when(Condition::probe("unknown")));
    assert!(
        matches!(unknown, Err(Error::NoSuchProbe { .. })),
        "{unknown:?}"
    );
    let named = Condition::consecutive_failures(2).at("payments");
    assert!(chaos.start(failing("judged").abort_when(named)).is_ok());
}

#[tokio::test]
async fn the_failures_of_an_experiment_can_abort_it() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let condition = Condition::consecutive_failures(3).at(PMS);
    let guard = chaos
        .start(failing("judged").abort_when(condition))
        .unwrap();
    let mut failed = 0;
    for _ in 0..10 {
        failed += u32::from(call(&pms).await.is_err());
    }
    assert_eq!((failed, guard.injected()), (3, 3));
    assert_aborted(&guard, &["3 consecutive failures at pms"]);
}

#[test]
fn the_guardian_judges_in_real_time_without_operations() {
    let chaos = ChaosManager::builder()
        .check_conditions_every(Duration::from_millis(50))
        .build();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let guard = chaos
        .start(failing("judged").abort_when(error_rate()))
        .unwrap();
    report(&orders, Outcome::Failure, 30);
    wait_until("aborted", || guard.ended().is_some());
    assert_aborted(&guard, &["error rate above 5%"]);
}
