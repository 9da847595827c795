//! A future that is dropped at any poll leaves nothing behind.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, CircuitBreak, Experiment, ExperimentGuard, Failure, Fault,
    InjectedFault, Phase, RateLimit, Scope, Site, delay,
};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// The end of a future that was polled up to a number of times and then dropped.
#[derive(Debug, PartialEq)]
enum Fate {
    Dropped,
    Finished,
}

/// Polls a future whenever it is woken, up to `polls` times, and drops it; an injected panic finishes it.
async fn polled(future: impl Future, polls: usize) -> Fate {
    let mut future = pin!(future);
    let mut done = 0;
    poll_fn(|cx| {
        if done == polls {
            return Poll::Ready(Fate::Dropped);
        }
        done += 1;
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) if done < polls => Poll::Pending,
            Ok(Poll::Pending) => Poll::Ready(Fate::Dropped),
            Ok(Poll::Ready(_)) | Err(_) => Poll::Ready(Fate::Finished),
        }
    })
    .await
}

/// Drops a future at its first poll, its second and so on, until it finishes; returns the polls that this took.
async fn dropped_at_each_poll<F: Future>(
    mut future: impl FnMut() -> F,
    mut afterwards: impl AsyncFnMut(usize),
) -> usize {
    for polls in 0..100 {
        let fate = polled(future(), polls).await;
        afterwards(polls).await;
        if fate == Fate::Finished {
            return polls;
        }
    }
    panic!("it never finishes");
}

/// A call that is pending for two polls.
async fn call() -> Result<u32, InjectedFault> {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
    Ok(101)
}

fn faults() -> [Fault; 6] {
    [
        Fault::latency(SECOND),
        Fault::error(Failure::Unavailable),
        Fault::timeout(SECOND),
        // Every operation after the first is refused.
        Fault::rate_limit(RateLimit::per(1, HOUR).unwrap()),
        Fault::circuit_break(CircuitBreak::after(1).unwrap().open_for(HOUR).unwrap()),
        Fault::panic(),
    ]
}

fn start(fault: Fault, phase: Phase) -> (ChaosManager, Site, ExperimentGuard) {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let experiment = Experiment::new("broken")
        .fault(fault)
        .blast_radius(BlastRadius::points_at("pms").concurrent(1))
        .phase(phase)
        .time_limit(24 * HOUR);
    let guard = chaos.start(experiment).unwrap();
    (chaos, site, guard)
}

/// Asserts that no operation is inside and that there is room for the next.
async fn assert_unchanged(site: &Site, guard: &ExperimentGuard, what: &str) {
    assert_eq!(guard.in_flight(), 0, "{what}");
    let before = guard.injected();
    polled(site.around("reserve", call()), usize::MAX).await;
    assert_eq!(
        guard.injected(),
        before + 1,
        "{what}: the permit was not returned"
    );
    assert_eq!(guard.in_flight(), 0, "{what}");
}

/// Drops the future at every poll, for each fault in each phase.
async fn for_each_fault_and_phase<F: Future>(future: impl Fn(&Site) -> F) {
    for fault in faults() {
        for phase in [Phase::Before, Phase::After] {
            let (_chaos, site, guard) = start(fault.clone(), phase);
            // The operation that rate limits and circuits let pass.
            polled(site.around("reserve", call()), usize::MAX).await;
            let mut injected = 0;
            let polls = dropped_at_each_poll(
                || {
                    injected = guard.injected();
                    future(&site)
                },
                async |polls| {
                    let what = format!("{} {phase}, dropped after {polls} polls", fault.kind());
                    assert_unchanged(&site, &guard, &what).await;
                },
            )
            .await;
            assert_eq!(guard.injected() - injected, 2, "{} {phase}", fault.kind());
            if matches!(fault, Fault::Latency(_) | Fault::Timeout(_)) {
                assert!(polls > 1, "it was never dropped while pending");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_point_leaves_nothing_behind() {
    for_each_fault_and_phase(|site| site.point("reserve")).await;
}

#[tokio::test(start_paused = true)]
async fn around_leaves_nothing_behind() {
    for_each_fault_and_phase(|site| site.around("reserve", call())).await;
}

#[tokio::test(start_paused = true)]
async fn around_with_leaves_nothing_behind() {
    for_each_fault_and_phase(|site| site.around_with("reserve", call(), |fault| fault)).await;
}

#[tokio::test(start_paused = true)]
async fn a_decision_leaves_nothing_behind() {
    for_each_fault_and_phase(|site| {
        let mut decision = site.decide(&"reserve".into());
        async move {
            decision.apply(Phase::Before).await?;
            tokio::task::yield_now().await;
            decision.apply(Phase::After).await
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_leaves_nothing_behind() {
    for phase in [Phase::Before, Phase::After] {
        let (_chaos, site, guard) = start(Fault::latency(SECOND), phase);
        let panicking = async {
            call().await?;
            panic!("user code");
            #[allow(unreachable_code)]
            Ok::<u32, InjectedFault>(101)
        };
        assert_eq!(
            polled(site.around("reserve", panicking), 100).await,
            Fate::Finished
        );
        assert_unchanged(&site, &guard, "a panic").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_scoped_call_leaves_nothing_behind() {
    let (_chaos, site, guard) = start(Fault::latency(SECOND), Phase::Before);
    let scope = Scope::new("order-7");
    let polls = dropped_at_each_poll(
        || scope.enter(site.around("reserve", call())),
        async |polls| {
            assert!(Scope::current().is_none(), "{polls}");
            assert_unchanged(&site, &guard, "scoped").await;
        },
    )
    .await;
    assert!(polls > 2, "{polls}");
    let polls = dropped_at_each_poll(
        || scope.enter_blocking(|| Scope::carry(site.around("reserve", call()))),
        async |polls| {
            assert!(Scope::current().is_none(), "{polls}");
            assert_unchanged(&site, &guard, "carried").await;
        },
    )
    .await;
    assert!(polls > 2, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn a_future_dropped_in_its_scope_sees_that_scope() {
    struct ChecksScope(Arc<AtomicUsize>);
    impl Drop for ChecksScope {
        fn drop(&mut self) {
            let here = Scope::current().is_some_and(|scope| scope.key() == "order-7");
            self.0.fetch_add(usize::from(here), Ordering::Relaxed);
        }
    }
    let seen = Arc::new(AtomicUsize::new(0));
    let scope = Scope::new("order-7");
    let polls = dropped_at_each_poll(
        || {
            let checks = ChecksScope(Arc::clone(&seen));
            scope.enter(async move {
                let _checks = checks;
                call().await
            })
        },
        async |polls| assert_eq!(seen.load(Ordering::Relaxed), polls + 1),
    )
    .await;
    assert_eq!(polls, 3);
}

#[tokio::test(start_paused = true)]
async fn a_delay_may_be_dropped_at_any_poll() {
    let polls = dropped_at_each_poll(|| delay(SECOND), async |_| {}).await;
    assert_eq!(polls, 2);
    let start = tokio::time::Instant::now();
    delay(SECOND).await;
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test]
async fn a_delay_on_the_system_clock_may_be_dropped_at_any_poll() {
    let polls = dropped_at_each_poll(|| delay(Duration::from_millis(2)), async |_| {}).await;
    assert!((1..=3).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_an_injection_leaves_nothing_behind() {
    let (_chaos, site, guard) = start(Fault::error(Failure::Reset), Phase::Before);
    for polls in 0..3 {
        let wanted = guard.injected() + 1;
        let fate = polled(guard.wait_for(wanted), polls.min(1)).await;
        assert_eq!(fate, Fate::Dropped);
        let (waited, ()) = tokio::join!(guard.wait_for(wanted), async {
            assert!(site.point("reserve").await.is_err());
        });
        waited.unwrap();
    }
    assert_eq!(polled(guard.wait_for(3), 1).await, Fate::Finished);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_halt_leaves_nothing_behind() {
    let (chaos, site, guard) = start(Fault::timeout(HOUR), Phase::Before);
    let ((), result) = tokio::join!(
        async {
            guard.wait_for(1).await.unwrap();
            for polls in 0..2 {
                assert_eq!(polled(chaos.halted(), polls).await, Fate::Dropped);
            }
            chaos.halt();
            for polls in 0..2 {
                polled(chaos.halted(), polls).await;
            }
            chaos.halted().await;
            assert_eq!(guard.in_flight(), 0);
        },
        site.point("reserve")
    );
    assert!(result.is_ok());
}
