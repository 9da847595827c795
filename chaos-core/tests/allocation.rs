//! Paths that inject nothing allocate nothing.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use chaos_core::adapter::{Needs, Support};
use chaos_core::{
    BlastRadius, ChaosManager, CircuitBreak, Condition, Experiment, Failure, Fault, InjectedFault,
    Operation, Pattern, Rate, RateLimit, Scope, Site, SiteKind,
};

const HOUR: Duration = Duration::from_secs(3600);

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn perform(site: &Site, operation: Operation<'_>) {
    assert!(site.decide(&operation).is_none());
    assert!(poll_once(site.point(operation)).is_ready());
    let reply = poll_once(site.around(operation, async { Ok::<_, InjectedFault>(101) }));
    assert!(matches!(reply, Poll::Ready(Ok(101))));
}

/// Performs the operation in every way, unkeyed and within `scope`, and asserts that this allocates nothing.
fn allocates_nothing(site: &Site, operation: Operation<'_>, scope: &Scope) {
    let perform_in_every_way = || {
        perform(site, operation);
        perform(site, operation.within(scope));
        scope.enter_blocking(|| perform(site, operation));
    };
    // The first access of a thread allocates its thread-local state.
    perform_in_every_way();
    let counted = measure(|| (0..10).for_each(|_| perform_in_every_way()));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

fn broken(radius: BlastRadius) -> Experiment {
    Experiment::new("broken")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius)
}

fn points() -> BlastRadius {
    BlastRadius::points_at("pms")
}

fn never() -> Rate {
    Rate::percent(0.000_000_1).unwrap()
}

fn reserve() -> Operation<'static> {
    Operation::new("reserve").attributes(&[("room", "101")])
}

/// Asserts that a site allocates nothing while an experiment concerns it.
fn allocates_nothing_under(experiment: Experiment, before: impl FnOnce(&Site)) {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(experiment).unwrap();
    assert!(site.needs().is_some_and(Needs::decision));
    before(&site);
    allocates_nothing(&site, reserve(), &Scope::new("order-7"));
}

#[test]
fn an_injection_allocates() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken(points())).unwrap();
    let counted = measure(|| assert!(!site.decide(&reserve()).is_none()));
    assert!(counted.count_total > 0);
}

#[test]
fn a_site_without_experiments_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _elsewhere = chaos.start(broken(BlastRadius::points_at("bank"))).unwrap();
    assert!(site.needs().is_none());
    allocates_nothing(&site, reserve(), &Scope::new("order-7"));
}

#[test]
fn a_draw_that_misses_allocates_nothing() {
    allocates_nothing_under(broken(points().rate(never())), |_| {});
}

#[test]
fn an_operation_outside_the_radius_allocates_nothing() {
    for radius in [
        points().operation("cancel *"),
        points().attribute("room", "2*"),
        points().attribute("guest", "*"),
        points().tagged("canary"),
    ] {
        allocates_nothing_under(broken(radius), |_| {});
    }
}

#[test]
fn a_used_up_total_cap_allocates_nothing() {
    allocates_nothing_under(broken(points().at_most(1)), |site| {
        assert!(matches!(
            poll_once(site.point("reserve")),
            Poll::Ready(Err(_))
        ));
    });
}

#[tokio::test(start_paused = true)]
async fn a_reached_concurrent_cap_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let held = Experiment::new("held")
        .fault(Fault::latency(HOUR))
        .blast_radius(points().concurrent(1));
    let guard = chaos.start(held).unwrap();
    let mut holding = pin!(site.point("reserve"));
    let poll = holding
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending());
    assert_eq!(guard.in_flight(), 1);
    allocates_nothing(&site, reserve(), &Scope::new("order-7"));
}

#[test]
fn a_skipping_pattern_allocates_nothing() {
    allocates_nothing_under(broken(points()).pattern(Pattern::after(1_000)), |_| {});
    allocates_nothing_under(
        broken(points()).pattern(Pattern::ramp(Rate::NEVER, never(), 1).unwrap()),
        |_| {},
    );
    let per_request = Pattern::after(1_000).per_request();
    allocates_nothing_under(broken(points()).pattern(per_request), |_| {});
}

#[test]
fn a_pattern_that_skips_a_new_request_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos
        .start(broken(points()).pattern(Pattern::after(1).per_request()))
        .unwrap();
    let requests: Vec<_> = (0..10).map(|key| Scope::new(key.to_string())).collect();
    let perform = |scope: &Scope| assert!(site.decide(&reserve().within(scope)).is_none());
    perform(&Scope::new("the first of this thread"));
    let counted = measure(|| requests.iter().for_each(perform));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

#[test]
fn a_rate_limit_or_circuit_that_lets_operations_pass_allocates_nothing() {
    let faults = [
        Fault::rate_limit(RateLimit::per(1_000, HOUR).unwrap()),
        Fault::circuit_break(CircuitBreak::after(1_000).unwrap()),
        Fault::latency(Duration::ZERO),
    ];
    for fault in faults {
        let experiment = Experiment::new("passes")
            .fault(fault)
            .blast_radius(points());
        allocates_nothing_under(experiment, |_| {});
    }
}

#[test]
fn an_ended_experiment_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    drop(chaos.start(broken(points())).unwrap());
    allocates_nothing(&site, reserve(), &Scope::new("order-7"));
}

#[tokio::test(start_paused = true)]
async fn an_expired_experiment_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken(points()).time_limit(HOUR)).unwrap();
    tokio::time::advance(HOUR).await;
    assert!(site.decide(&reserve()).is_none());
    allocates_nothing(&site, reserve(), &Scope::new("order-7"));
}

#[test]
fn an_exempt_health_route_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let _guard = chaos
        .start(broken(BlastRadius::requests_to("orders")))
        .unwrap();
    let attributes = [("method", "GET"), ("path", "/api/healthz")];
    for health in [
        Operation::new("GET /healthz"),
        Operation::new("GET /api/{page}").attributes(&attributes),
    ] {
        allocates_nothing(&site, health, &Scope::new("order-7"));
    }
}

#[test]
fn a_site_without_a_condition_allocates_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let other = chaos.site("bank");
    let judged = broken(BlastRadius::calls_to("elsewhere"))
        .abort_when(Condition::consecutive_failures(3).at("bank"));
    let _guard = chaos.start(judged).unwrap();
    assert!(other.observe().is_some());
    let counted = measure(|| assert!(site.observe().is_none()));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
