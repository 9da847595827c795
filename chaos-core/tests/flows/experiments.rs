//! Experiments that start, hold, count and end while bytes pass.

use std::future::poll_fn;
use std::time::Duration;

use chaos_core::{
    Bandwidth, BlastRadius, ChaosManager, Corrupt, Disconnect, Event, Experiment, Failure, Fault,
    Loss, Operation, Pattern, Phase, Rate, Slice,
};
use tokio::time::{Instant, timeout};

use crate::direction::{Direction, SECOND, radius, share, site, start};

#[tokio::test(start_paused = true)]
async fn a_stall_holds_until_its_experiment_ends() {
    let (chaos, guard) = start(Fault::disconnect(Disconnect::Stall));
    let mut read = Direction::new(&chaos, 0);
    assert!(timeout(60 * SECOND, read.pass_zeroes(10)).await.is_err());
    assert_eq!(guard.in_flight(), 1);
    let drop_later = async {
        tokio::time::sleep(SECOND).await;
        drop(guard);
    };
    let (pieces, ()) = tokio::join!(read.pass_zeroes(10), drop_later);
    assert_eq!(pieces.unwrap(), [(10, SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_beyond_the_clock_holds_until_its_experiment_ends() {
    let chaos = ChaosManager::new();
    let hold = Fault::timeout(Duration::MAX);
    let experiment = Experiment::new("endless")
        .fault(hold)
        .blast_radius(radius());
    let guard = chaos.start(experiment.time_limit(Duration::MAX)).unwrap();
    let mut read = Direction::new(&chaos, 0);
    assert!(timeout(60 * SECOND, read.pass_zeroes(10)).await.is_err());
    assert_eq!(guard.in_flight(), 1);
    // An idle runtime would have jumped to the end of any timer.
    let years = SECOND * 86_400 * 366 * 40;
    assert!(timeout(years, read.pass_zeroes(10)).await.is_err());
    drop(guard);
    assert_eq!(read.pass_zeroes(10).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn bytes_held_by_one_experiment_do_not_reach_the_next() {
    let chaos = ChaosManager::new();
    let experiment = |name: &str, disconnect| {
        Experiment::new(name)
            .fault(Fault::disconnect(disconnect))
            .blast_radius(radius())
    };
    let stalls = chaos.start(experiment("a", Disconnect::Stall)).unwrap();
    let breaks = chaos.start(experiment("b", Disconnect::Reset)).unwrap();
    let mut read = Direction::new(&chaos, 0);
    assert!(timeout(SECOND, read.pass_zeroes(10)).await.is_err());
    assert_eq!((stalls.injected(), breaks.injected()), (1, 0));
    drop(stalls);
    assert!(read.is_hit().await);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_experiment_behind_a_stall_wakes_the_flow_once() {
    let chaos = ChaosManager::new();
    let experiment = |name: &str| {
        Experiment::new(name)
            .fault(Fault::disconnect(Disconnect::Stall))
            .blast_radius(radius())
    };
    let first = chaos.start(experiment("b")).unwrap();
    let mut read = Direction::new(&chaos, 0);
    assert!(timeout(SECOND, read.pass_zeroes(1)).await.is_err());
    let _holds = chaos.start(experiment("a")).unwrap();
    read.follow();
    drop(first);
    assert!(timeout(SECOND, read.pass_zeroes(1)).await.is_err());
    let behind = chaos.start(experiment("c")).unwrap();
    read.follow();
    drop(behind);
    assert!(timeout(SECOND, read.pass_zeroes(1)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn no_bytes_are_changed_after_a_halt() {
    let (chaos, _guard) = start(Fault::corrupt(Corrupt::bytes(Rate::ALWAYS).unwrap()));
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let piece = read.flow.schedule(4, Instant::now().into_std()).unwrap();
    chaos.halt();
    let mut bytes = [0; 4];
    read.flow.alter(&mut bytes[..piece.len]);
    assert_eq!(bytes, [0; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_journalled_and_changes_nothing() {
    for fault in [
        Fault::latency(SECOND),
        Fault::error(Failure::Unavailable),
        Fault::timeout(SECOND),
        Fault::reset(),
        Fault::disconnect(Disconnect::CutAfter(500)),
        Fault::disconnect(Disconnect::Stall),
        Fault::bandwidth(Bandwidth::bytes_per_second(1_000).unwrap()),
        Fault::corrupt(Corrupt::bytes(share(50.0)).unwrap()),
        Fault::slice(Slice::bytes(10).unwrap()),
        Fault::loss(Loss::of_packets(share(90.0)).unwrap()),
    ] {
        let chaos = ChaosManager::new();
        let experiment = Experiment::new("dry")
            .fault(fault.clone())
            .blast_radius(radius())
            .dry_run();
        let guard = chaos.start(experiment).unwrap();
        let mut read = Direction::new(&chaos, 0);
        let mut bytes = vec![0; 100_000];
        for _ in 0..2 {
            let pieces = read.pass(&mut bytes).await.unwrap();
            assert_eq!(pieces, [(100_000, Duration::ZERO)], "{fault:?}");
        }
        assert!(bytes.iter().all(|byte| *byte == 0), "{fault:?}");
        assert_eq!((guard.injected(), guard.in_flight()), (1, 0), "{fault:?}");
        assert!(read.flow.is_straight());
    }
}

#[tokio::test(start_paused = true)]
async fn caps_count_connections_instead_of_pieces() {
    let chaos = ChaosManager::new();
    let guard = chaos
        .inject(radius().at_most(2), Fault::latency(SECOND))
        .unwrap();
    let mut reads: Vec<_> = (0..3).map(|n| Direction::new(&chaos, n)).collect();
    for _ in 0..3 {
        let mut waited = Vec::new();
        for read in &mut reads {
            waited.push(read.pass_zeroes(1).await.unwrap()[0].1);
        }
        assert_eq!(waited, [SECOND, SECOND, Duration::ZERO]);
    }
    assert_eq!((guard.injected(), guard.in_flight()), (2, 2));
    drop(reads);
    assert_eq!(guard.in_flight(), 0);

    let guard = chaos
        .inject(radius().concurrent(1), Fault::latency(SECOND))
        .unwrap();
    let mut first = Direction::new(&chaos, 10);
    let mut second = Direction::new(&chaos, 11);
    assert_eq!(first.pass_zeroes(1).await.unwrap()[0].1, SECOND);
    assert_eq!(second.pass_zeroes(1).await.unwrap()[0].1, Duration::ZERO);
    drop(first);
    let mut third = Direction::new(&chaos, 12);
    assert_eq!(third.pass_zeroes(1).await.unwrap()[0].1, SECOND);
    drop((second, third));
    assert_eq!((guard.injected(), guard.in_flight()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn patterns_count_connections() {
    let chaos = ChaosManager::new();
    let experiment = Experiment::new("the first two")
        .fault(Fault::reset())
        .blast_radius(radius())
        .pattern(Pattern::first(2));
    let _guard = chaos.start(experiment).unwrap();
    let mut hit = Vec::new();
    for n in 0..4 {
        hit.push(Direction::new(&chaos, n).is_hit().await);
    }
    assert_eq!(hit, [true, true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn a_flow_adds_new_experiments_and_drops_ended_ones() {
    let chaos = ChaosManager::new();
    let mut read = Direction::new(&chaos, 0);
    let waits = async |read: &mut Direction| read.pass_zeroes(1).await.unwrap()[0].1;
    assert_eq!(waits(&mut read).await, Duration::ZERO);
    let late = |name: &str, phase| {
        Experiment::new(name)
            .fault(Fault::latency(SECOND))
            .blast_radius(radius())
            .phase(phase)
    };
    let a = chaos.start(late("a", Phase::Before)).unwrap();
    assert_eq!(waits(&mut read).await, SECOND);
    let b = chaos.start(late("b", Phase::During)).unwrap();
    assert_eq!(waits(&mut read).await, 2 * SECOND);
    drop(a);
    assert_eq!(waits(&mut read).await, SECOND);
    let elsewhere = chaos
        .inject(
            BlastRadius::streams_to("db").operation("write"),
            Fault::reset(),
        )
        .unwrap();
    assert_eq!(waits(&mut read).await, SECOND);
    assert!(!read.flow.is_straight());
    drop(b);
    assert_eq!(waits(&mut read).await, Duration::ZERO);
    assert!(read.flow.is_straight(), "no running experiment strikes it");
    drop(elsewhere);
}

#[tokio::test(start_paused = true)]
async fn an_expired_experiment_ends_at_the_next_bytes() {
    let chaos = ChaosManager::new();
    let experiment = Experiment::new("short")
        .fault(Fault::disconnect(Disconnect::Stall))
        .blast_radius(radius())
        .time_limit(60 * SECOND);
    let guard = chaos.start(experiment).unwrap();
    let pieces = Direction::new(&chaos, 0).pass_zeroes(1).await.unwrap();
    assert_eq!(pieces, [(1, 60 * SECOND)]);
    assert!(guard.ended().is_some());
}

#[tokio::test]
async fn halted_does_not_wait_for_an_idle_connection() {
    let (chaos, guard) = start(Fault::latency(60 * SECOND));
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let _ = read.flow.schedule(1, Instant::now().into_std()).unwrap();
    assert_eq!(guard.in_flight(), 1);
    chaos.halt();
    timeout(10 * SECOND, chaos.halted())
        .await
        .expect("the flow is idle");
    drop(read);
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_hits_the_same_connections() {
    let hits = async |order: &[u64]| {
        let chaos = ChaosManager::new();
        let radius = radius().rate(share(30.0));
        let _guard = chaos.inject(radius, Fault::reset()).unwrap();
        let mut hit = Vec::new();
        for n in order {
            if Direction::new(&chaos, *n).is_hit().await {
                hit.push(*n);
            }
        }
        hit.sort_unstable();
        hit
    };
    let ascending: Vec<u64> = (0..1_000).collect();
    let descending: Vec<u64> = (0..1_000).rev().collect();
    let hit = hits(&ascending).await;
    assert_eq!(hit, hits(&descending).await);
    // Four standard deviations.
    assert!((242..358).contains(&hit.len()), "{}", hit.len());
}

#[tokio::test(start_paused = true)]
async fn a_flow_is_journalled_once_however_many_pieces_pass() {
    let (chaos, _guard) = start(Fault::latency(SECOND));
    let mut read = Direction::new(&chaos, 0);
    for _ in 0..3 {
        read.pass_zeroes(1).await.unwrap();
    }
    let injected: Vec<_> = chaos
        .journal()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::Injected(injected) => Some((injected.operation, injected.delay)),
            _ => None,
        })
        .collect();
    assert_eq!(injected, [("read".to_owned(), SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn bytes_wait_no_longer_once_they_are_due_earlier() {
    let (chaos, _guard) = start(Fault::latency(SECOND));
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let begin = Instant::now();
    let due = |after| Some((begin + after).into_std());
    let scheduled = read.flow.schedule(1, begin.into_std()).unwrap();
    assert_eq!(scheduled.due, due(SECOND));
    for after in [3_600 * SECOND, SECOND] {
        let wait = poll_fn(|cx| read.flow.poll_due(due(after), cx));
        let _ = timeout(SECOND / 4, wait).await;
    }
    poll_fn(|cx| read.flow.poll_due(due(SECOND), cx)).await;
    assert_eq!(begin.elapsed(), SECOND);
}

#[test]
fn a_connection_opens_although_it_breaks_after_some_bytes() {
    for disconnect in [
        Disconnect::CutAfter(3),
        Disconnect::ResetAfter(3),
        Disconnect::HalfClose,
    ] {
        let chaos = ChaosManager::new();
        let everywhere = BlastRadius::streams_to("db").operation("*");
        let _guard = chaos
            .inject(everywhere, Fault::disconnect(disconnect))
            .unwrap();
        let decision = site(&chaos).decide(&Operation::new("connect"));
        assert!(decision.is_none(), "{disconnect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_strike_on_bytes_that_no_adapter_takes_is_no_injection() {
    let slow = Fault::bandwidth(Bandwidth::bytes_per_second(1).unwrap());
    let chaos = ChaosManager::new();
    let during = Experiment::new("slow").fault(slow).blast_radius(radius());
    let guard = chaos.start(during.phase(Phase::During)).unwrap();
    let mut decision = site(&chaos).decide(&Operation::new("read"));
    assert!(!decision.is_none());
    decision.apply(Phase::During).await.unwrap();
    assert_eq!(guard.injected(), 0);
}
