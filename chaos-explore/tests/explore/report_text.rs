//! What a report says about its findings, and about runs that disturb each other.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_core::{Failure, Fault, Phase, Site, SiteKind};
use chaos_explore::{
    Exploration, Fate, FaultCase, Faults, Finding, Placement, Report, SharedState, explore,
};
use tokio::time::sleep;

fn at_bank<R: std::fmt::Debug + 'static>(
    act: impl AsyncFn(&Site) -> R + Send + Sync + 'static,
    verify: impl Fn(R) + Send + Sync + 'static,
) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| act(&bank).await)
        .verify(async move |_, reply| verify(reply))
}

fn only(fault: Fault, phase: Phase) -> Faults {
    Faults::none().and(SiteKind::Point, FaultCase::once(fault, phase))
}

/// Charges again, after a pause, if the reply is lost.
async fn charge_again(bank: &Site) -> u32 {
    let mut charges = 0;
    for _ in 0..2 {
        let charge = async {
            charges += 1;
            io::Result::Ok(())
        };
        if bank.around("POST /charges", charge).await.is_ok() {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    charges
}

fn lines(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::line).collect()
}

#[test]
fn a_finding_says_what_happened_when_and_how_to_replay_it() {
    let report = at_bank(charge_again, |charges| {
        assert!(charges <= 1, "charged {charges} times");
    })
    .faults(only(Fault::error(Failure::Reset), Phase::After))
    .report();
    let text = report.to_markdown();
    for part in [
        "# Explored: 1 finding\n",
        "## verify panicked: charged 2 times",
        "The reply to `POST /charges` at bank was lost after the work was done (connection reset).\n",
        "- after 0s: `bank/point POST /charges #1`, struck by `after:reset`\n",
        "- after 201ms: `bank/point POST /charges #2`\n",
        "the act returned `2`\n",
        "CHAOS_REPLAY='[report_text::a_finding_says_what_happened_when_and_how_to_replay_it] bank/point POST /charges #1 \
         after:reset' cargo test",
        "put `.replay(\"bank/point POST /charges #1 after:reset\")` before `.run()`",
    ] {
        assert!(text.contains(part), "{part}\n\n{text}");
    }
    assert!(!text.contains("std::time::Instant"), "{text}");
}

#[test]
fn each_fault_has_a_sentence() {
    for (line, sentence) in [
        (
            "bank/client POST /charge #1 before:refused",
            "`POST /charge` to bank failed before it was done (connection refused)",
        ),
        (
            "db/database INSERT orders #2 after:reset",
            "the reply to `INSERT orders` (call #2) on db was lost after the work was done (connection reset)",
        ),
        (
            "bank/client POST /charge #1 before:latency=1h",
            "`POST /charge` to bank was held for 1h before it was done",
        ),
        (
            "bank/client POST /charge #1 attempt 2 after:latency=3s",
            "the reply to `POST /charge` (call #1, attempt 2) to bank was held for 3s after the work was done",
        ),
        (
            r#"bank/client GET /x #1 during:disconnect={"cut_after":1}"#,
            "the reply to `GET /x` to bank was cut off after 1 byte of its body, after the work was done",
        ),
        (
            "shop/server GET /x #1 before:unavailable onwards",
            "`GET /x` at shop failed before it was done (unavailable); the same happened to every later operation at shop",
        ),
    ] {
        let placement: Placement = line.parse().unwrap();
        assert_eq!(placement.sentence(), sentence);
    }
}

/// One assertion fails in many ways, with another message each time.
#[test]
fn findings_of_one_cause_are_under_one_heading() {
    let report = at_bank(
        async |bank| {
            let mut failed = Vec::new();
            for number in 0..20 {
                if bank.point(&*format!("step {number}")).await.is_err() {
                    failed.push(number);
                }
            }
            failed
        },
        |failed| assert!(failed.is_empty(), "failed: {failed:?}"),
    )
    .faults(only(Fault::error(Failure::Refused), Phase::Before))
    .report();
    assert_eq!(report.findings().len(), 20);
    let text = report.to_markdown();
    assert_eq!(text.matches("## verify panicked").count(), 1, "{text}");
    let bullets = text
        .lines()
        .filter(|line| line.ends_with("#1 before:refused`"));
    assert_eq!(bullets.count(), 5, "{text}");
    assert!(
        text.contains("in 19 other cases") && text.contains("- 14 more cases"),
        "{text}"
    );
}

#[test]
fn a_finding_in_which_time_passed_mentions_clocks_that_are_not_virtual() {
    let report = at_bank(async |bank| bank.point("charge").await.is_ok(), |_| {})
        .faults(only(
            Fault::latency(Duration::from_secs(3600)),
            Phase::Before,
        ))
        .report();
    let text = report.to_markdown();
    assert_eq!(lines(&report).len(), 1);
    assert!(
        text.contains("`std::time::Instant` and `SystemTime`"),
        "{text}"
    );
}

#[test]
fn a_pool_that_times_out_in_virtual_time_is_named_as_the_cause() {
    let report = at_bank(
        async |bank| bank.point("charge").await.is_ok(),
        |paid| {
            assert!(
                paid,
                "called `Result::unwrap()` on an `Err` value: PoolTimedOut"
            );
        },
    )
    .faults(only(Fault::error(Failure::Refused), Phase::Before))
    .report();
    assert!(
        report.to_markdown().contains("not a `ChaosPool`"),
        "{report}"
    );
}

/// The runs share a table, in which each may have one row.
#[test]
fn runs_that_disturb_each_other_are_named_as_the_cause() {
    let rows = Arc::new(AtomicU32::new(0));
    let exploration = |cleans_up: bool| {
        let rows = Arc::clone(&rows);
        at_bank(
            async move |bank| {
                let found = rows.fetch_add(1, Relaxed);
                let _ = bank.point("insert").await;
                // Other runs begin meanwhile.
                tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(100)))
                    .await
                    .unwrap();
                if cleans_up {
                    rows.fetch_sub(1, Relaxed);
                }
                found
            },
            |found| assert_eq!(found, 0, "a unique violation"),
        )
    };
    let at_once = exploration(true).report();
    assert_eq!(
        at_once.shared_state(),
        Some(SharedState::AtOnce),
        "{at_once}"
    );
    assert!(
        at_once.to_markdown().contains("The test passes alone"),
        "{at_once}"
    );
    let one = NonZeroUsize::MIN;
    let clean = exploration(true)
        .threads(one)
        .faults(only(Fault::error(Failure::Refused), Phase::Before));
    clean.run();
    let in_sequence = exploration(false).threads(one).report();
    assert_eq!(
        in_sequence.shared_state(),
        Some(SharedState::InSequence),
        "{in_sequence}"
    );
}

/// The reply shows the fate, although the operation belongs to no request.
#[test]
fn a_fate_that_is_known_without_a_request_is_not_counted_as_unknown() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let bank = bank.as_ref().clone();
            let handler = tokio::spawn(async move { bank.point("charge").await.is_ok() });
            handler.await.unwrap()
        })
        .verify(async |_, _| {})
        .faults(only(Fault::error(Failure::Refused), Phase::Before))
        .run();
    assert_eq!(report.fates()[0].fate, Fate::Surfaced);
    let text = report.to_markdown();
    assert!(!text.contains("is unknown"), "{text}");
}

/// Nothing opens a request around the operation.
#[test]
fn fates_that_are_unknown_for_want_of_a_request_are_explained_once() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let bank = bank.as_ref().clone();
            let handler = tokio::spawn(async move {
                for _ in 0..3 {
                    let _ = bank.point("charge").await;
                }
            });
            handler.await.unwrap();
        })
        .verify(async |_, ()| {})
        .faults(only(Fault::error(Failure::Refused), Phase::Before))
        .run();
    let text = report.to_markdown();
    assert_eq!(text.matches("ChaosLayer::server").count(), 1, "{text}");
    assert!(text.contains("The fate of 3 faults is unknown"), "{text}");
}
