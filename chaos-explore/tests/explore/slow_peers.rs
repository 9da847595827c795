//! Peers on other threads that are slower under faults than without any.

use std::thread;
use std::time::Duration;

use chaos_core::{Failure, Fault, Phase, Site, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, explore};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Calls a peer on a thread that nothing but the adapter announces, and returns whether it replied in time.
async fn call(bank: &Site, works_for: Duration) -> bool {
    let mut call = bank.calls_outside();
    let (reply, replied) = oneshot::channel();
    thread::spawn(move || {
        thread::sleep(works_for);
        let _ = reply.send(());
    });
    let is_answered = timeout(Duration::from_secs(5), replied).await.is_ok();
    if is_answered {
        call.as_mut().unwrap().answered();
    }
    is_answered
}

/// Refunds a charge that fails, by a peer that works for this long.
fn refunding(works_for: Duration) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| {
            call(&bank, Duration::ZERO).await;
            match bank.point("charge").await {
                Ok(_) => true,
                Err(_) => call(&bank, works_for).await,
            }
        })
        .verify(async |_, is_settled| assert!(is_settled, "neither charged nor refunded"))
        .faults(refused())
}

fn refused() -> Faults {
    let refused = Fault::error(Failure::Refused);
    Faults::none().and(SiteKind::Point, FaultCase::once(refused, Phase::Before))
}

/// The baseline has only calls that are answered at once.
#[test]
fn a_peer_that_is_slower_under_a_fault_is_no_finding() {
    let report = refunding(Duration::from_millis(150)).run();
    assert_eq!(report.sets_tried(), 1, "{report}");
    let line = "bank/point charge #1 before:refused";
    refunding(Duration::from_millis(150)).replay(line).run();
}

/// What comes after the slow reply is wrong, which only a run that waits for the reply can show.
#[test]
fn what_follows_a_reply_that_is_slower_under_a_fault_is_tested() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            call(&bank, Duration::ZERO).await;
            let is_refunded = match bank.point("charge").await {
                Ok(_) => false,
                Err(_) => call(&bank, Duration::from_millis(150)).await,
            };
            // Refunds are forgotten in what the customer sees.
            !is_refunded
        })
        .verify(async |_, is_consistent| assert!(is_consistent))
        .faults(refused())
        .report();
    assert_eq!(report.findings().len(), 1, "{report}");
}

/// Once a peer is known to be slow, runs wait for it from the start.
#[test]
fn a_slow_peer_is_waited_for_in_later_runs() {
    let twice = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            call(&bank, Duration::ZERO).await;
            for name in ["charge", "ship"] {
                if bank.point(name).await.is_err() && !call(&bank, Duration::from_millis(150)).await
                {
                    return false;
                }
            }
            true
        })
        .verify(async |_, is_settled| assert!(is_settled))
        .faults(refused())
        .threads(std::num::NonZeroUsize::MIN)
        .depth(2);
    let report = twice.run();
    assert_eq!(report.sets_tried(), 3, "{report}");
    // The baselines, one run of each set, and a second one of the two single faults, unless the machine was so busy that
    // the baselines were slow as well.
    assert!(report.runs() <= 7, "{report}");
}

#[test]
fn a_peer_that_never_replies_is_a_finding_that_names_real_time() {
    let report = refunding(Duration::MAX).report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    assert!(finding.is_reproducible(), "{report}");
    let text = report.to_markdown();
    assert!(
        text.contains("A call to bank got no reply") && text.contains("in_real_time"),
        "{text}"
    );
}
