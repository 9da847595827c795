//! Tests that vary from run to run.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use chaos_core::{Failure, Fault, Phase, SiteKind};
use chaos_explore::{Exploration, Fate, FaultCase, Faults, Gap, explore};

/// Charges, replies with `reply(is_refused)`, and checks the reply.
fn charge<R: std::fmt::Debug + Send + 'static>(
    reply: impl Fn(bool) -> R + Send + Sync + 'static,
    is_correct: impl Fn(R) -> bool + Send + Sync + 'static,
) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| reply(bank.point("charge").await.is_err()))
        .verify(async move |_, reply| assert!(is_correct(reply)))
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
        ))
}

#[test]
fn a_finding_that_is_not_reproduced_is_reported() {
    let failed = Arc::new(AtomicU32::new(0));
    let only_once = move |is_refused| is_refused && failed.fetch_add(1, Relaxed) == 0;
    let report = charge(only_once, |is_first| !is_first).report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    assert!(!finding.is_reproducible());
    assert!(
        report.to_markdown().contains("did not happen again"),
        "{report}"
    );
}

/// Reserves before it charges in each third run only, and loses the charge if the reservation is then refused.
fn in_two_orders() -> Exploration {
    let runs = AtomicU32::new(0);
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| {
            let names = match runs.fetch_add(1, Relaxed) % 3 {
                1 => ["reserve", "charge"],
                _ => ["charge", "reserve"],
            };
            let first = bank.point(names[0]).await.is_ok();
            let _ = bank.point(names[1]).await;
            first || names[0] == "charge"
        })
        .verify(async |_, is_kept| assert!(is_kept, "lost"))
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
        ))
        .threads(NonZeroUsize::MIN)
}

/// With one try, a reservation is refused only in a run with the other order.
#[test]
fn several_tries_of_each_set_find_what_matters_in_one_order() {
    let once = in_two_orders().allow(Gap::OrderVaries).report();
    assert!(once.findings().is_empty(), "{once}");
    let tries = NonZeroUsize::new(3).unwrap();
    let report = in_two_orders().tries(tries).report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    assert_eq!(finding.line(), "bank/point reserve #1 before:refused");
    assert!(finding.is_reproducible(), "{report}");
    assert_eq!((report.gaps(), report.sets_tried()), (&[][..], 2));
    // Two baselines, three tries of both sets, and three of the finding.
    assert_eq!(report.runs(), 11, "{report}");
    let text = report.to_markdown();
    assert!(
        text.contains("Each set of faults was tried 3 times")
            && text.contains("the order of operations varies"),
        "{text}"
    );
    let replayed = in_two_orders().tries(tries).replay(finding.line()).report();
    assert_eq!(replayed.findings().len(), 1, "{replayed}");
    let kept = format!(
        "{}.tries(std::num::NonZeroUsize::new(16).unwrap())`",
        finding.to_rust()
    );
    assert!(text.contains(&kept), "{text}");
}

/// The order of the replay's run is not the one that matters.
#[test]
fn a_replay_of_a_test_whose_order_varies_is_a_gap() {
    let line = "bank/point reserve #1 before:refused";
    let report = in_two_orders().replay(line).report();
    assert!(report.findings().is_empty(), "{report}");
    assert_eq!(report.gaps(), [Gap::OrderVaries], "{report}");
    in_two_orders().replay(line).allow(Gap::OrderVaries).run();
}

/// Both baselines have the same order.
#[test]
fn a_replay_in_another_order_than_the_baselines_is_a_gap() {
    let runs = AtomicU32::new(0);
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| {
            let names = match runs.fetch_add(1, Relaxed) {
                0 | 1 => ["reserve", "charge"],
                _ => ["charge", "reserve"],
            };
            for name in names {
                let _ = bank.point(name).await;
            }
        })
        .verify(async |_, ()| {})
        .threads(NonZeroUsize::MIN)
        .replay("bank/point reserve #1 before:unavailable")
        .report();
    assert_eq!(report.gaps(), [Gap::OrderVaries], "{report}");
}

/// What follows a fault is another matter.
#[test]
fn a_replay_whose_operations_differ_only_after_the_fault_is_no_gap() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            if bank.point("reserve").await.is_err() {
                let _ = bank.point("apologize").await;
            }
            let _ = bank.point("charge").await;
        })
        .verify(async |_, ()| {})
        .replay("bank/point reserve #1 before:unavailable; bank/point charge #1 before:unavailable")
        .run();
}

#[test]
fn tries_count_towards_the_limit_of_runs() {
    let tries = NonZeroUsize::new(3).unwrap();
    let report = in_two_orders().tries(tries).at_most_runs(7).report();
    assert_eq!(report.sets_tried(), 1, "{report}");
    assert!(report.gaps().contains(&Gap::LeftUnexplored), "{report}");
}

#[test]
fn a_varying_reply_makes_the_fate_unknown() {
    let replies = AtomicU32::new(0);
    let next = move |_| replies.fetch_add(1, Relaxed);
    let report = charge(next, |_| true).run();
    let fates: Vec<_> = report.fates().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Unknown], "{report}");
}

#[test]
fn a_run_uses_the_configured_seed() {
    explore(async |chaos| chaos)
        .act(async |chaos| chaos.seed())
        .verify(async |_, seed| assert_eq!(seed, 77))
        .seed(77)
        .allow(Gap::NoOperations)
        .allow(Gap::NothingInjected)
        .run();
}

/// Reserves a room whose id is generated.
fn reserve() -> Exploration {
    let rooms = AtomicU32::new(0);
    explore(async |chaos| chaos.site("pms"))
        .act(async move |pms| {
            let room = rooms.fetch_add(1, Relaxed);
            let _ = pms.point(&*format!("PUT /rooms/{room}/guest")).await;
        })
        .verify(async |_, ()| {})
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
        ))
}

#[test]
fn operations_with_generated_ids_are_unified() {
    assert!(reserve().report().difference().is_some());
    let report = reserve().unify("PUT /rooms/*/guest").run();
    assert_eq!(report.sets_tried(), 1);
    let operation = report.operations()[0].to_string();
    assert_eq!(operation, "pms/point PUT /rooms/*/guest #1");
    let line = "pms PUT /rooms/*/guest #1 before:refused";
    let replayed = reserve().unify("PUT /rooms/*/guest").replay(line).run();
    assert_eq!(replayed.sets_tried(), 1);
}
