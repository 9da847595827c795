//! The causes that a report suggests, which depend on what is known.

use std::future::pending;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{Failure, Fault, Operation, Phase, Site, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Report, SharedState, explore};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// What only a report on a database should say.
const ON_DATABASES: &str = "`#[sqlx::test]`";

const ON_CLOCKS: &str = "`std::time::Instant` and `SystemTime`";

fn at<R: std::fmt::Debug + 'static>(
    kind: SiteKind,
    act: impl AsyncFn(&Site) -> R + Send + Sync + 'static,
    verify: impl Fn(R) + Send + Sync + 'static,
) -> Exploration {
    explore(async move |chaos| chaos.register(kind, "bank", Support::CALLS))
        .act(async move |bank| act(&bank).await)
        .verify(async move |_, reply| verify(reply))
        .faults(only(kind, Fault::error(Failure::Refused)))
}

fn only(kind: SiteKind, fault: Fault) -> Faults {
    Faults::none().and(kind, FaultCase::once(fault, Phase::Before))
}

async fn is_done(site: &Site, operation: &str) -> bool {
    let mut decision = site.decide(&Operation::new(operation));
    decision.apply(Phase::Before).await.is_ok()
}

/// Asserts that the report has one finding, which is gone in the replay, and returns the text.
fn text_of_gone(report: &Report) -> String {
    assert!(!report.findings()[0].is_reproducible(), "{report}");
    report.to_markdown()
}

/// Fails under the first fault only.
fn failing_once(kind: SiteKind) -> Exploration {
    let failed = AtomicU32::new(0);
    at(
        kind,
        async move |bank| !is_done(bank, "charge").await && failed.fetch_add(1, Relaxed) == 0,
        |is_first| assert!(!is_first),
    )
}

#[test]
fn a_finding_that_is_gone_is_blamed_on_a_database_only_if_there_is_one() {
    let text = text_of_gone(&failing_once(SiteKind::Database).report());
    assert!(text.contains(ON_DATABASES), "{text}");
    let text = text_of_gone(&failing_once(SiteKind::Client).report());
    assert!(!text.contains(ON_DATABASES), "{text}");
    let possible = text.split_once("Possible causes:\n\n- something that the runs share");
    assert!(possible.is_some(), "{text}");
    // No time passed, so the virtual clock can't be the cause.
    assert!(!text.contains("in_real_time"), "{text}");
}

#[test]
fn an_order_that_varies_is_named_as_the_cause() {
    let runs = AtomicU32::new(0);
    let report = at(
        SiteKind::Database,
        async move |bank| {
            // The third run is the first one with a fault.
            let is_other = runs.fetch_add(1, Relaxed) == 2;
            let names = if is_other { ["B", "A"] } else { ["A", "B"] };
            let mut failed = false;
            for name in names {
                failed |= !is_done(bank, name).await;
            }
            failed && is_other
        },
        |has_failed| assert!(!has_failed),
    )
    .threads(NonZeroUsize::MIN)
    .report();
    let text = text_of_gone(&report);
    let differs =
        "The order of operations varies from run to run: operation 1 was `bank/database A #1`";
    assert!(text.contains(differs), "{text}");
    assert!(!text.contains(ON_DATABASES), "{text}");
}

/// The act waits for a reply that the clock can't observe.
#[test]
fn a_call_that_got_no_reply_is_named_as_the_cause() {
    let report = at(
        SiteKind::Client,
        async |bank| {
            let _call = bank.calls_outside();
            pending::<()>().await;
        },
        |()| {},
    )
    .report();
    let text = report.to_markdown();
    assert!(
        text.contains("A call to bank got no reply while virtual time passed"),
        "{text}"
    );
    assert!(text.contains("use `in_real_time`"), "{text}");
    assert!(!text.contains(ON_DATABASES), "{text}");
}

/// The reply to the second call takes longer than the clock waits, in every run with a fault.
#[test]
fn a_call_after_a_fault_that_got_no_reply_is_named_as_a_cause() {
    let act = async |bank: &Site| {
        if is_done(bank, "charge").await {
            return true;
        }
        let _call = bank.calls_outside();
        timeout(Duration::from_secs(2), pending::<()>())
            .await
            .is_ok()
    };
    let text = at(SiteKind::Client, act, |paid| assert!(paid))
        .report()
        .to_markdown();
    assert!(
        text.contains("A call to bank got no reply while virtual time passed"),
        "{text}"
    );
    // The service of another client may wait for the fault.
    let text = at(SiteKind::Server, act, |paid| assert!(paid))
        .report()
        .to_markdown();
    assert!(
        !text.contains("no reply while virtual time passed"),
        "{text}"
    );
}

/// The runs share a table, in which each may have one row.
fn sharing_a_table(kind: SiteKind, rows: &Arc<AtomicU32>, cleans_up: bool) -> Exploration {
    let rows = Arc::clone(rows);
    at(
        kind,
        async move |bank| {
            let found = rows.fetch_add(1, Relaxed);
            is_done(bank, "INSERT").await;
            // Other runs begin meanwhile.
            spawn_blocking(|| std::thread::sleep(Duration::from_millis(100)))
                .await
                .unwrap();
            if cleans_up {
                rows.fetch_sub(1, Relaxed);
            }
            found
        },
        |found| assert_eq!(found, 0, "a unique violation"),
    )
}

#[test]
fn runs_that_disturb_each_other_are_named_as_the_cause() {
    let rows = Arc::default();
    let at_once = sharing_a_table(SiteKind::Database, &rows, true).report();
    assert_eq!(
        at_once.shared_state(),
        Some(SharedState::AtOnce),
        "{at_once}"
    );
    let text = at_once.to_markdown();
    assert!(text.contains("The test passes alone"), "{text}");
    assert!(text.contains(ON_DATABASES), "{text}");
    let one = NonZeroUsize::MIN;
    sharing_a_table(SiteKind::Database, &rows, true)
        .threads(one)
        .run();
    let in_sequence = sharing_a_table(SiteKind::Client, &rows, false)
        .threads(one)
        .report();
    assert_eq!(
        in_sequence.shared_state(),
        Some(SharedState::InSequence),
        "{in_sequence}"
    );
    let text = in_sequence.to_markdown();
    assert!(text.contains("something that the runs share"), "{text}");
    assert!(!text.contains(ON_DATABASES), "{text}");
}

/// As if the act waited for another thread, which replies in time to a run that is alone, or never.
#[test]
fn an_act_that_waits_in_vain_without_any_fault_may_wait_for_another_thread() {
    for (in_vain, shared) in [(2, Some(SharedState::AtOnce)), (u32::MAX, None)] {
        let runs = AtomicU32::new(0);
        let report = at(
            SiteKind::Client,
            async move |bank| {
                is_done(bank, "charge").await;
                if runs.fetch_add(1, Relaxed) < in_vain {
                    pending::<()>().await;
                }
            },
            |()| {},
        )
        .report();
        assert_eq!(report.shared_state(), shared, "{report}");
        let text = report.to_markdown();
        let outside = "Possible causes:\n\n- work on another thread or in another process";
        assert!(text.contains(outside), "{text}");
        assert!(text.contains("`in_real_time`"), "{text}");
        assert!(!text.contains(ON_DATABASES), "{text}");
    }
}

/// A bare client calls a peer on another thread, whose reply its limit does not wait for.
#[test]
fn an_assertion_that_fails_without_any_fault_after_virtual_time_may_be_due_to_a_bare_client() {
    let text = |limit: Duration| {
        let report = at(
            SiteKind::Client,
            async move |bank| {
                is_done(bank, "charge").await;
                timeout(limit, pending::<()>()).await.is_ok()
            },
            |is_audited| assert!(is_audited),
        );
        report.report().to_markdown()
    };
    let late = text(Duration::from_secs(2));
    assert!(
        late.contains("such as with a bare client: use `in_real_time`"),
        "{late}"
    );
    let at_once = text(Duration::ZERO);
    assert!(!at_once.contains("in_real_time"), "{at_once}");
}

/// Two causes: a part that exceeds its limit, and an assertion.
#[test]
fn clocks_that_are_not_virtual_are_mentioned_once_and_only_for_time_limits() {
    let held = || only(SiteKind::Client, Fault::latency(Duration::from_secs(3600)));
    let hangs = |hangs_in_verify: bool| {
        explore(async |chaos| chaos.register(SiteKind::Client, "bank", Support::CALLS))
            .act(async |bank| {
                is_done(&bank, "charge").await;
                timeout(Duration::from_secs(5), is_done(&bank, "notify"))
                    .await
                    .is_ok()
            })
            .verify(async move |_, notified| {
                if hangs_in_verify && !notified {
                    pending::<()>().await;
                }
                assert!(notified, "not notified");
            })
            .faults(held())
            .report()
    };
    let text = hangs(true).to_markdown();
    assert_eq!(text.matches("## ").count(), 3, "{text}");
    assert_eq!(text.matches(ON_CLOCKS).count(), 1, "{text}");
    assert_eq!(text.matches("`act_within` sets").count(), 1, "{text}");
    assert_eq!(text.matches("`verify_within` sets").count(), 1, "{text}");
    // Time passed here as well, but no limit was exceeded.
    let report = at(
        SiteKind::Client,
        async |bank| {
            timeout(Duration::from_secs(5), is_done(bank, "notify"))
                .await
                .is_ok()
        },
        |notified| assert!(notified),
    );
    let text = report.faults(held()).report().to_markdown();
    assert!(text.contains("after 5s"), "{text}");
    assert!(!text.contains(ON_CLOCKS), "{text}");
}

#[test]
fn a_pool_that_times_out_in_virtual_time_is_named_as_the_cause() {
    let report = at(
        SiteKind::Client,
        async |bank| is_done(bank, "charge").await,
        |paid| {
            assert!(
                paid,
                "called `Result::unwrap()` on an `Err` value: PoolTimedOut"
            );
        },
    )
    .report();
    let text = report.to_markdown();
    assert!(text.contains("not a `ChaosPool`"), "{text}");
}

#[test]
fn a_verification_in_which_time_passes_is_no_cause() {
    let report = at(
        SiteKind::Client,
        async |bank| {
            let is_done = is_done(bank, "charge").await;
            sleep(Duration::from_secs(10)).await;
            is_done
        },
        |paid| assert!(paid),
    )
    .report();
    let text = report.to_markdown();
    assert!(
        !text.contains(ON_CLOCKS) && !text.contains("in_real_time"),
        "{text}"
    );
}
