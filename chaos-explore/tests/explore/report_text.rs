//! What a report says about its findings, and about what it did not show.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, Fault, Operation, Phase, Site, SiteKind};
use chaos_explore::{Exploration, Fate, FaultCase, Faults, Placement, Report, explore};
use tokio::time::sleep;

fn at_bank<R: std::fmt::Debug + 'static>(
    act: impl AsyncFn(&Site) -> R + Send + Sync + 'static,
    verify: impl Fn(R) + Send + Sync + 'static,
) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| act(&bank).await)
        .verify(async move |_, reply| verify(reply))
}

fn refused() -> FaultCase {
    FaultCase::once(Fault::error(Failure::Refused), Phase::Before)
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
            "bank/client GET /x #1 during:disconnect=stall",
            "the body of the reply to `GET /x` to bank stalled, after the work was done",
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
    let heading = "# Explored: 1 cause of 20 findings\n";
    assert!(text.starts_with(heading), "{text}");
    let bullets = text
        .lines()
        .filter(|line| line.ends_with("#1 before:refused`"));
    assert_eq!(bullets.count(), 5, "{text}");
    assert!(
        text.contains("in 19 other cases") && text.contains("- 14 more cases"),
        "{text}"
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

/// Charges thrice with a site of this kind, in a task without the scope of the test's request.
fn charging_without_request(kind: SiteKind) -> Report {
    explore(async move |chaos| chaos.register(kind, "bank", Support::CALLS))
        .act(async |bank| {
            let bank = bank.as_ref().clone();
            let handler = tokio::spawn(async move {
                for _ in 0..3 {
                    let mut decision = bank.decide(&Operation::new("charge"));
                    let _ = decision.apply(Phase::Before).await;
                }
            });
            handler.await.unwrap();
        })
        .verify(async |_, ()| {})
        .faults(Faults::none().and(kind, refused()))
        .run()
}

/// The second sequence follows another operation, and its last one has another fate.
#[test]
fn equal_operations_with_the_same_fates_share_a_row() {
    let report = at_bank(
        async |bank| {
            let mut last = true;
            for name in ["poll", "poll", "charge", "poll", "poll", "poll"] {
                last = bank.point(name).await.is_ok();
            }
            last
        },
        |_| {},
    );
    let report = report.faults(only(Fault::error(Failure::Refused), Phase::Before));
    let text = report.run().to_markdown();
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(
        rows,
        [
            "| `bank/point poll #1` to `#2` | before:refused |  |  |  |",
            "| `bank/point charge #1` | before:refused |  |  |  |",
            "| `bank/point poll #3` to `#4` | before:refused |  |  |  |",
            "| `bank/point poll #5` |  | before:refused |  |  |",
        ]
    );
}

/// The clients of `reqwest::client` don't know the scope of their caller.
#[test]
fn fates_that_are_unknown_for_want_of_a_request_are_explained_once() {
    for (kind, mentions_reqwest) in [(SiteKind::Point, false), (SiteKind::Client, true)] {
        let text = charging_without_request(kind).to_markdown();
        assert_eq!(text.matches("ChaosLayer::server").count(), 1, "{text}");
        assert!(text.contains("The fate of 3 faults is unknown"), "{text}");
        assert!(text.contains("Faults::without(SiteKind::Server)"), "{text}");
        let named = format!("no request: `bank/{kind} charge`.");
        assert!(text.contains(&named), "{text}");
        let says_never = text.contains("Calls by `chaos_tower::reqwest::client` never belong");
        assert_eq!(says_never, mentions_reqwest, "{text}");
    }
}

/// Reserves, then charges; faults are harmful only together.
fn reserve_and_charge() -> Exploration {
    at_bank(
        async |bank| {
            let reserved = bank.point("reserve").await.is_ok();
            bank.point("charge").await.is_ok() || reserved
        },
        |is_done| assert!(is_done, "neither reserved nor charged"),
    )
    .faults(only(Fault::error(Failure::Refused), Phase::Before))
}

/// The line lists the faults in another order than that in which the operations come.
#[test]
fn a_sentence_has_the_faults_in_the_order_of_their_strikes() {
    let line = "bank/point charge #1 before:refused; bank/point reserve #1 before:refused";
    let report = reserve_and_charge().replay(line).report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    let sentence = finding.sentence();
    assert!(
        sentence.starts_with("`reserve` at bank failed")
            && sentence.contains("; then `charge` at bank failed"),
        "{sentence}"
    );
    let operations: Vec<_> = finding.moments().iter().map(|one| &*one.what).collect();
    assert!(operations[0].contains("reserve") && operations[1].contains("charge"));
}

#[test]
fn a_report_says_how_many_sets_of_each_size_were_tried() {
    let report = reserve_and_charge().depth(3).report();
    let text = report.to_markdown();
    let tried = "Tried: 2 single faults, 1 pair, 0 sets of 3 faults. Skipped";
    assert!(text.contains(tried), "{text}");
    let sizes = [0, 1, 2, 3].map(|size| report.sets_tried_of_size(size));
    assert_eq!(sizes, [0, 2, 1, 0]);
}

#[test]
fn exceptions_are_mentioned_only_where_they_follow() {
    let complete = reserve_and_charge().report().to_markdown();
    assert!(complete.ends_with("in which they strike.\n"), "{complete}");
    let limited = reserve_and_charge().at_most_runs(3).report().to_markdown();
    assert!(
        limited.contains("with the exceptions below.\n\n**Left"),
        "{limited}"
    );
    let without = at_bank(async |_| {}, |()| {}).report().to_markdown();
    assert!(without.ends_with("\n\nNo fault was tried.\n"), "{without}");
    let failing = at_bank(async |_| {}, |()| panic!("always"));
    let failing = failing.report().to_markdown();
    assert!(!failing.contains("set of faults at different"), "{failing}");
    let line = "bank/point charge #1 before:refused";
    let replayed = reserve_and_charge().replay(line).run().to_markdown();
    assert!(
        !replayed.contains("set of faults at different"),
        "{replayed}"
    );
}

#[test]
fn a_replay_of_an_unknown_operation_says_so() {
    let line = "bank/point refund #1 before:refused";
    let report = reserve_and_charge().replay(line).report();
    let text = report.to_markdown();
    assert!(
        text.contains("no operation of that name was met (`bank/point refund`)"),
        "{text}"
    );
    assert!(!text.contains("HashMap"), "{text}");
    // The name is known, but there is no second operation.
    let line = "bank/point charge #2 before:refused";
    let text = reserve_and_charge().replay(line).report().to_markdown();
    assert!(text.contains("Not reached, so the test varies"), "{text}");
    assert!(!text.contains("of that name"), "{text}");
}

/// A client that outlives its run has its manager, and the operations of the first run are those of a new connection.
#[test]
fn what_only_one_run_had_is_listed_once() {
    let runs = AtomicU32::new(0);
    let report = at_bank(
        async move |bank| {
            if runs.fetch_add(1, Relaxed) == 0 {
                for _ in 0..2 {
                    let _ = bank.point("connect").await;
                }
            }
        },
        |()| {},
    )
    .threads(NonZeroUsize::MIN)
    .report();
    let text = report.to_markdown();
    assert!(
        text.contains(
            "Only the first run had:\n\n- `bank/point connect #1`\n- `bank/point connect #2`\n\n"
        ),
        "{text}"
    );
    assert!(!text.contains("second run had"), "{text}");
    assert!(
        text.contains("a client or manager kept between runs"),
        "{text}"
    );
}
