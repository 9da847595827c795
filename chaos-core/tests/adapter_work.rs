//! Work that only adapters can do, and failures that take as long as real ones.

use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use chaos_core::adapter::{AdapterWork, Decision, Support, WorkItem};
use chaos_core::{
    BlastRadius, ChaosManager, Experiment, Failure, Fault, FaultKind, Operation, Pattern, Phase,
    Site, SiteKind,
};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn site(chaos: &ChaosManager) -> Site {
    let support = Support::CALLS
        .with(FaultKind::ServerSleep, Phase::Before)
        .with(FaultKind::HoldConnections, Phase::Before)
        .with(FaultKind::HoldLock, Phase::Before);
    chaos.register(SiteKind::Database, "orders-db", support)
}

fn on_orders() -> BlastRadius {
    BlastRadius::queries_on("orders-db")
}

fn collateral(name: &str, fault: Fault) -> Experiment {
    Experiment::new(name)
        .fault(fault)
        .blast_radius(on_orders())
        .allow_collateral()
}

async fn work(site: &Site) -> Vec<AdapterWork> {
    let mut decision = decide(site);
    decision.apply(Phase::Before).await.unwrap();
    decision.take_adapter_work()
}

fn decide(site: &Site) -> Decision {
    site.decide(&Operation::new("SELECT orders"))
}

#[test]
fn faults_with_collateral_are_refused_unless_allowed() {
    let chaos = ChaosManager::new();
    for fault in [
        Fault::server_sleep(SECOND),
        Fault::hold_connections(NonZeroU32::MIN),
        Fault::hold_lock(),
    ] {
        let refused = chaos.inject(on_orders(), fault.clone()).unwrap_err();
        assert!(refused.to_string().contains("collateral"), "{refused}");
        assert!(chaos.start(collateral("allowed", fault)).is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn adapter_work_counts_until_it_is_dropped() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let mut experiment = collateral("held", Fault::hold_connections(NonZeroU32::MIN));
    experiment = experiment.blast_radius(on_orders().concurrent(1));
    let guard = chaos.start(experiment).unwrap();

    let held = work(&site).await;
    assert_eq!(
        held[0].items(),
        [WorkItem::HoldConnections(NonZeroU32::MIN)]
    );
    assert_eq!(held[0].experiment(), "held");
    assert!(work(&site).await.is_empty(), "the cap is one");
    drop(held);
    let held = work(&site).await;
    assert_eq!((held.len(), guard.injected()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_server_sleep_is_work_unless_it_is_zero() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let sleep = chaos
        .start(collateral("asleep", Fault::server_sleep(SECOND)))
        .unwrap();
    let asleep = work(&site).await;
    assert_eq!(asleep[0].items(), [WorkItem::ServerSleep(SECOND)]);
    drop((asleep, sleep));
    let none = Fault::server_sleep(Duration::ZERO);
    let awake = chaos.start(collateral("awake", none)).unwrap();
    assert!(decide(&site).is_none());
    assert_eq!(awake.injected(), 0);
}

#[tokio::test(start_paused = true)]
async fn adapter_work_ends_with_its_experiment_and_halted_waits_for_it() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let _guard = chaos.start(collateral("held", Fault::hold_lock())).unwrap();
    let held = work(&site).await.pop().unwrap();
    assert!(!held.has_ended());
    chaos.halt();
    held.ended(Duration::MAX).await;
    assert!(held.has_ended());
    let mut halted = pin!(chaos.halted());
    let mut context = Context::from_waker(Waker::noop());
    let is_pending = halted.as_mut().poll(&mut context).is_pending();
    assert!(is_pending, "it is still held");
    drop(held);
    halted.await;
}

#[tokio::test(start_paused = true)]
async fn adapter_work_ends_at_the_time_limit() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let experiment = collateral("held", Fault::hold_lock()).time_limit(SECOND);
    let _guard = chaos.start(experiment).unwrap();
    let held = work(&site).await.pop().unwrap();
    let start = Instant::now();
    held.ended(Duration::MAX).await;
    assert!(held.has_ended());
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test]
async fn failed_operations_and_dry_runs_have_no_adapter_work() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let dry = chaos.start(collateral("dry", Fault::hold_lock()).dry_run());
    assert!(work(&site).await.is_empty());
    drop(dry);
    let _held = chaos.start(collateral("a", Fault::hold_lock())).unwrap();
    let _down = chaos.start(collateral("b", Fault::error(Failure::Deadlock)));
    let mut decision = decide(&site);
    decision.apply(Phase::Before).await.unwrap_err();
    assert!(decision.take_adapter_work().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_earlier_than_the_real_one() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let slow = chaos.inject(on_orders(), Fault::latency(SECOND)).unwrap();
    let down = chaos
        .inject(on_orders(), Fault::error(Failure::TimedOut))
        .unwrap();
    let start = Instant::now();
    let mut decision = decide(&site);
    decision.fail_after(30 * SECOND);
    decision.apply(Phase::Before).await.unwrap_err();
    assert_eq!(start.elapsed(), 30 * SECOND);

    drop(slow);
    let mut decision = decide(&site);
    decision.fail_after(30 * SECOND);
    let (applied, ()) = tokio::join!(decision.apply(Phase::Before), async {
        tokio::time::sleep(SECOND).await;
        drop(down);
    });
    applied.unwrap();
    assert_eq!(start.elapsed(), 31 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_has_no_error_holds_until_the_experiment_ends() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let hangs = [Fault::timeout(SECOND), Fault::error(Failure::TimedOut)];
    for hang in hangs {
        let guard = chaos.inject(on_orders(), hang).unwrap();
        let start = Instant::now();
        let mut decision = decide(&site);
        decision.hold_timeouts();
        let (applied, ()) = tokio::join!(decision.apply(Phase::Before), async {
            tokio::time::sleep(30 * SECOND).await;
            drop(guard);
        });
        applied.unwrap();
        assert_eq!(start.elapsed(), 30 * SECOND);
    }
    // Other failures come as ever.
    let _reset = chaos.inject(on_orders(), Fault::error(Failure::Reset));
    let mut decision = decide(&site);
    decision.hold_timeouts();
    decision.apply(Phase::Before).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn an_inapplicable_fault_is_skipped_and_takes_no_turn() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let once = collateral("held", Fault::hold_lock()).blast_radius(on_orders().at_most(1));
    let guard = chaos.start(once.pattern(Pattern::first(1))).unwrap();

    let acquire = Operation::new("acquire").suffers(Support::CALLS);
    assert!(site.decide(&acquire).is_none());
    assert_eq!(work(&site).await[0].items(), [WorkItem::HoldLock]);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn an_operation_that_can_not_fail_this_way_is_skipped() {
    let chaos = ChaosManager::new();
    let site = site(&chaos);
    let _lost = chaos.inject(on_orders(), Fault::error(Failure::Deadlock));
    let acquire = Operation::new("acquire").fails_as(|failure| failure == Failure::Refused);
    assert!(site.decide(&acquire).is_none());
    assert!(!decide(&site).is_none());
    let _down = chaos.inject(on_orders(), Fault::error(Failure::Refused));
    let mut decision = site.decide(&acquire);
    let fault = decision.apply(Phase::Before).await.unwrap_err();
    assert_eq!(fault.failure(), &Failure::Refused);
}
