//! An exploration that has shown nothing fails, unless the gap is allowed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_core::{Failure, Fault, Phase, Site, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Gap, Report, explore};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

fn at_bank(act: impl AsyncFn(&Site) + Send + Sync + 'static) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| act(&bank).await)
        .verify(async |_, ()| {})
        .faults(refused())
}

fn refused() -> Faults {
    let refused = Fault::error(Failure::Refused);
    Faults::none().and(SiteKind::Point, FaultCase::once(refused, Phase::Before))
}

fn lost() -> FaultCase {
    FaultCase::once(Fault::error(Failure::Reset), Phase::After)
}

fn charging() -> Exploration {
    at_bank(async |bank| {
        let _ = bank.point("charge").await;
    })
}

/// Asserts that an exploration has this gap, and passes once it is allowed.
fn assert_gap(gap: Gap, exploration: impl Fn() -> Exploration) -> Report {
    let report = exploration().report();
    assert_eq!(report.gaps(), [gap], "{report}");
    assert!(!report.is_clean());
    let text = report.to_markdown();
    assert!(text.contains(&format!(".allow(Gap::{gap:?})")), "{text}");
    let allowed = exploration().allow(gap).run();
    assert!(allowed.allowed_gaps().contains(&gap), "{allowed}");
    let text = allowed.to_markdown();
    assert!(text.contains(&format!("- allowed: {gap}")), "{text}");
    report
}

#[test]
#[should_panic(expected = "The act performed no operation")]
fn a_run_without_operations_fails() {
    at_bank(async |_| {}).run();
}

#[test]
fn gaps_can_be_allowed() {
    assert_gap(Gap::NothingInjected, || charging().depth(0));
    assert_gap(Gap::NothingInjected, || charging().faults(Faults::none()));
    assert_gap(Gap::LeftUnexplored, || charging().at_most_runs(2));
    assert_gap(Gap::NoOperations, || at_bank(async |_| {}));
    let line = "bank refund #1 before:refused";
    assert_gap(Gap::Unreached, || charging().replay(line));
    charging().run();
}

#[test]
fn sets_that_a_limit_leaves_untried_are_a_gap_although_others_were_tried() {
    let twice = || {
        at_bank(async |bank| {
            let _ = bank.point("reserve").await;
            let _ = bank.point("charge").await;
        })
    };
    assert_gap(Gap::LeftUnexplored, || twice().at_most_runs(3));
    twice().run();
}

/// Charges in a task that the act doesn't wait for, after this time.
fn charging_later(time: Duration) -> Exploration {
    at_bank(async move |bank| {
        let _ = bank.point("reserve").await;
        let bank = bank.clone();
        tokio::spawn(async move {
            sleep(time).await;
            let _ = bank.point("charge").await;
        });
    })
}

#[test]
fn operations_after_the_act_are_a_gap() {
    for time in [
        Duration::ZERO,
        Duration::from_millis(20),
        Duration::from_secs(100),
    ] {
        let report = assert_gap(Gap::LateOperations, || charging_later(time));
        let text = report.to_markdown();
        assert!(text.contains("`bank/point charge`"), "{text}");
    }
}

/// No act can wait for the end of such a task.
#[test]
fn a_poller_is_a_gap_unless_the_act_stops_it() {
    let polling = |is_stopped: bool| {
        at_bank(async move |bank| {
            let bank = bank.clone();
            let poller = tokio::spawn(async move {
                loop {
                    let _ = bank.point("poll").await;
                    sleep(Duration::from_secs(1)).await;
                }
            });
            sleep(Duration::from_millis(2500)).await;
            if is_stopped {
                poller.abort();
            }
        })
    };
    let report = assert_gap(Gap::LateOperations, || polling(false));
    let text = report.to_markdown();
    assert!(
        text.contains("stop them") && text.contains("`abort`"),
        "{text}"
    );
    let report = polling(true).run();
    assert_eq!(report.sets_tried(), 3, "{report}");
}

#[test]
fn operations_of_the_verification_are_no_gap() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |bank, _| {
            let bank = bank.as_ref().clone();
            tokio::spawn(async move { bank.point("check").await.unwrap() })
                .await
                .unwrap();
        })
        .faults(refused())
        .run();
}

/// Another fault is tried at the right service, so the test looks explored.
#[test]
fn a_misspelt_service_in_the_faults_is_a_gap() {
    for faults in [
        || refused().and_at("bnak", lost()),
        || refused().without_service("bnak"),
    ] {
        let report = assert_gap(Gap::UnknownService, || charging().faults(faults()));
        let text = report.to_markdown();
        assert!(text.contains("`bnak` (did you mean `bank`?)"), "{text}");
    }
    charging().faults(refused().and_at("bank", lost())).run();
}

/// A service may be called only after a fault, or not at all.
#[test]
fn a_service_that_the_act_does_not_call_is_no_gap() {
    explore(async |chaos| (chaos.site("bank"), chaos.site("fallback")))
        .act(async |sites| {
            let _ = sites.0.point("charge").await;
        })
        .verify(async |_, ()| {})
        .faults(refused().without_service("fallback"))
        .run();
    explore(async |chaos| chaos)
        .act(async |chaos| {
            if chaos.site("bank").point("charge").await.is_err() {
                let _ = chaos.site("fallback").point("charge").await;
            }
        })
        .verify(async |_, ()| {})
        .faults(refused().without_service("fallback"))
        .run();
}

/// The order of a `HashMap` differs in each run.
#[test]
fn an_order_that_varies_is_a_gap() {
    let exploration = || {
        at_bank(async |bank| {
            let rooms: HashMap<u32, ()> = (0..16).map(|room| (room, ())).collect();
            for room in rooms.keys() {
                let _ = bank.point(&*format!("reserve {room}")).await;
            }
        })
    };
    let baselines = exploration().at_most_runs(2).report();
    assert_eq!(
        baselines.gaps(),
        [Gap::OrderVaries, Gap::LeftUnexplored],
        "{baselines}"
    );
    let report = exploration().report();
    assert_eq!(report.gaps(), [Gap::OrderVaries], "{report}");
    let text = report.to_markdown();
    assert!(
        text.contains("HashMap") && text.contains("reserve"),
        "{text}"
    );
    // Faults were tried nevertheless.
    assert_eq!(report.sets_tried(), 16, "{report}");
}

/// The order differs only in the run after the two baselines.
#[test]
fn an_order_that_varies_after_the_baseline_is_a_gap() {
    let runs = AtomicU32::new(0);
    let report = at_bank(async move |bank| {
        let names = match runs.fetch_add(1, Relaxed) {
            0 | 1 => ["reserve", "charge"],
            _ => ["charge", "reserve"],
        };
        for name in names {
            let _ = bank.point(name).await;
        }
    })
    .report();
    assert_eq!(report.gaps(), [Gap::OrderVaries], "{report}");
}

/// The peer is on a thread that neither the runtime nor the clock knows, and takes longer than the clock waits.
#[test]
fn a_call_without_a_reply_in_a_baseline_is_a_gap() {
    let report = assert_gap(Gap::Unanswered, || {
        explore(async |chaos| chaos.site("bank"))
            .act(async |bank| {
                let _ = bank.point("charge").await;
                let (_never, reply) = oneshot::channel::<()>();
                let _call = bank.calls_outside();
                assert!(timeout(Duration::from_secs(30), reply).await.is_err());
            })
            .verify(async |_, ()| {})
            .faults(refused())
    });
    let text = report.to_markdown();
    assert!(text.contains("virtual time passed**: bank"), "{text}");
}

#[test]
fn a_call_that_is_answered_is_no_gap() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let _ = bank.point("charge").await;
            let mut call = bank.calls_outside();
            // The peer is in this runtime, and takes its time.
            sleep(Duration::from_secs(1)).await;
            call.as_mut().unwrap().answered();
        })
        .verify(async |_, ()| {})
        .faults(refused())
        .run();
}
