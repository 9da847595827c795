//! Flows on which nothing passes, and flows that end where a fault strikes.

use std::time::Duration;

use chaos_core::adapter::{Breakage, Flow};
use chaos_core::{
    Bandwidth, BlastRadius, ChaosManager, Disconnect, Experiment, Failure, Fault, Operation, Slice,
};
use tokio::time::{Instant, timeout};

use crate::direction::{Direction, MS, SECOND, radius, start};

#[tokio::test(start_paused = true)]
async fn an_idle_flow_feels_failures() {
    for (fault, how, after) in [
        (Fault::reset(), Breakage::Reset, Duration::ZERO),
        (
            Fault::error(Failure::Unavailable),
            Breakage::Error,
            Duration::ZERO,
        ),
        (Fault::timeout(30 * SECOND), Breakage::Error, 30 * SECOND),
        (
            Fault::disconnect(Disconnect::HalfClose),
            Breakage::HalfClosed,
            Duration::ZERO,
        ),
    ] {
        let chaos = ChaosManager::new();
        let guard = chaos
            .inject(BlastRadius::streams_to("db"), fault.clone())
            .unwrap();
        let mut read = Direction::new(&chaos, 0);
        let begin = Instant::now();
        assert_eq!(read.idle().await.how, how, "{fault:?}");
        assert_eq!((begin.elapsed(), guard.injected()), (after, 1), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_flow_does_not_feel_faults_of_bytes() {
    for fault in [
        Fault::latency(SECOND),
        Fault::disconnect(Disconnect::Stall),
        Fault::disconnect(Disconnect::CutAfter(1)),
        Fault::bandwidth(Bandwidth::bytes_per_second(1).unwrap()),
        Fault::slice(Slice::bytes(1).unwrap()),
        // A reply is lost once it is there.
        Fault::reset(),
        Fault::error(Failure::Unavailable),
    ] {
        let (chaos, guard) = start(fault.clone());
        let mut read = Direction::new(&chaos, 0);
        assert!(
            timeout(60 * SECOND, read.idle()).await.is_err(),
            "{fault:?}"
        );
        assert_eq!(guard.injected(), 0, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn delays_come_before_the_failure_of_an_idle_flow() {
    let chaos = ChaosManager::new();
    let experiment = Experiment::new("both")
        .fault(Fault::latency(SECOND))
        .fault(Fault::reset())
        .blast_radius(BlastRadius::streams_to("db"));
    let _guard = chaos.start(experiment).unwrap();
    let mut read = Direction::new(&chaos, 0);
    let begin = Instant::now();
    read.idle().await;
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_began_while_idle_holds_the_bytes_that_follow() {
    let (chaos, _guard) = start(Fault::timeout(30 * SECOND));
    let mut read = Direction::new(&chaos, 0);
    let begin = Instant::now();
    assert!(timeout(10 * SECOND, read.idle()).await.is_err());
    assert!(read.is_hit().await);
    assert_eq!(begin.elapsed(), 30 * SECOND);
}

/// The time before an experiment does not count.
#[tokio::test(start_paused = true)]
async fn a_flow_is_idle_since_its_newest_experiment_started() {
    let (chaos, first) = start(Fault::timeout(60 * SECOND));
    let mut read = Direction::new(&chaos, 0);
    assert!(timeout(50 * SECOND, read.idle()).await.is_err());
    drop(first);
    let _second = chaos.inject(radius(), Fault::timeout(30 * SECOND)).unwrap();
    let begin = Instant::now();
    read.idle().await;
    assert_eq!(begin.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_cut_after_the_last_byte_strikes() {
    for disconnect in [Disconnect::CutAfter(1_000), Disconnect::ResetAfter(1_000)] {
        let (chaos, guard) = start(Fault::disconnect(disconnect));
        let mut read = Direction::new(&chaos, 0);
        read.pass_zeroes(1_000).await.unwrap();
        let mut ends = Direction::new(&chaos, 1);
        ends.pass_zeroes(1_000).await.unwrap();
        assert_eq!(guard.injected(), 0);
        read.idle().await;
        let now = Instant::now().into_std();
        assert!(ends.flow.schedule(0, now).is_err(), "{disconnect:?}");
        assert_eq!(guard.injected(), 2);
    }
}

/// A machine that is busy wakes the flow late, but takes no bandwidth from it.
#[tokio::test(start_paused = true)]
async fn late_wakeups_take_no_bandwidth() {
    let (chaos, _guard) = start(Fault::bandwidth(
        Bandwidth::bytes_per_second(10_000).unwrap(),
    ));
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let begin = Instant::now();
    let mut passed = 0;
    while passed < 100_000 {
        // The source has its next bytes when it is asked.
        let arrived = Instant::now().into_std();
        let piece = read.flow.schedule(5_000, arrived).unwrap();
        if piece.due.unwrap() > arrived {
            tokio::time::sleep_until(piece.due.unwrap().into()).await;
            tokio::time::sleep(45 * MS).await;
        }
        read.flow.passed(piece.len);
        passed += piece.len;
    }
    let took = begin.elapsed();
    assert!(
        took <= 10 * SECOND + 50 * MS && took >= 10 * SECOND - 25 * MS,
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn slices_leave_one_after_the_other() {
    let (chaos, _guard) = start(Fault::slice(Slice::bytes(10).unwrap()));
    let mut read = Direction::new(&chaos, 0);
    let pieces = read.pass_zeroes(25).await.unwrap();
    let lens: Vec<_> = pieces.iter().map(|(len, _)| *len).collect();
    assert_eq!(lens, [10, 10, 5]);
    assert!(pieces[0].1.is_zero());
    assert!(
        pieces[0].1 < pieces[1].1 && pieces[1].1 < pieces[2].1,
        "{pieces:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_straight_flow_stays_idle() {
    let chaos = ChaosManager::new();
    let mut flow = Flow::STRAIGHT;
    flow.follow(&crate::direction::site(&chaos), &Operation::new("read"));
    let idle = std::future::poll_fn(|cx| flow.poll_idle(cx));
    assert!(timeout(SECOND, idle).await.is_err());
}
