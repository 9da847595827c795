//! The effect of each fault on bytes.

use std::time::Duration;

use chaos_core::adapter::Breakage;
use chaos_core::{Bandwidth, Corrupt, Disconnect, Failure, Fault, Latency, Loss, Rate, Slice};
use tokio::time::Instant;

use crate::direction::{Direction, MS, SECOND, share, start};

#[tokio::test(start_paused = true)]
async fn pieces_are_delayed_and_stay_in_order() {
    let jitter = Latency::uniform(10 * MS, 500 * MS).unwrap();
    let (chaos, guard) = start(Fault::latency(jitter));
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let arrived = Instant::now();
    let dues: Vec<_> = (0..200)
        .map(|_| {
            let piece = read.flow.schedule(10, arrived.into_std()).unwrap();
            read.flow.passed(piece.len);
            piece.due.unwrap() - arrived.into_std()
        })
        .collect();
    assert!(dues.is_sorted(), "{dues:?}");
    assert!(dues[0] >= 10 * MS && dues[199] <= 500 * MS, "{dues:?}");
    assert!(dues[0] < dues[199], "the latency varies");
    assert_eq!(guard.injected(), 1, "a flow counts once");

    let (chaos, _guard) = start(Fault::latency(SECOND));
    let mut read = Direction::new(&chaos, 0);
    assert_eq!(read.pass_zeroes(10).await.unwrap(), [(10, SECOND)]);
    assert_eq!(read.pass_zeroes(10).await.unwrap(), [(10, SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn the_bandwidth_does_not_depend_on_the_pieces() {
    for offered in [1, 700, 100_000] {
        let (chaos, _guard) = start(Fault::bandwidth(
            Bandwidth::bytes_per_second(10_000).unwrap(),
        ));
        let mut read = Direction::new(&chaos, 0);
        let start = Instant::now();
        let mut left = 100_000;
        while left > 0 {
            let len = offered.min(left);
            read.pass_zeroes(len).await.unwrap();
            left -= len;
        }
        // Up to 25 ms less, as the first bytes pass at once.
        let took = start.elapsed();
        assert!(
            took <= 10 * SECOND && took >= 10 * SECOND - 25 * MS,
            "{offered}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_passes_in_parts_takes_the_same_bandwidth() {
    let (chaos, _guard) = start(Fault::bandwidth(
        Bandwidth::bytes_per_second(1_000).unwrap(),
    ));
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let now = Instant::now().into_std();
    assert_eq!(read.flow.schedule(20, now).unwrap().len, 20);
    for _ in 0..20 {
        read.flow.passed(1);
    }
    let next = read.flow.schedule(20, now).unwrap();
    assert_eq!(next.due.unwrap() - now, 20 * MS);
}

#[tokio::test(start_paused = true)]
async fn connections_break_after_the_exact_number_of_bytes() {
    for (disconnect, how) in [
        (Disconnect::ResetAfter(1_000), Breakage::Reset),
        (Disconnect::CutAfter(1_000), Breakage::Cut),
    ] {
        for offered in [1, 7, 999, 1_000, 5_000] {
            let (chaos, guard) = start(Fault::disconnect(disconnect));
            let mut read = Direction::new(&chaos, 0);
            let mut passed = 0;
            let broken = loop {
                assert_eq!(guard.injected(), 0, "it breaks too early");
                read.follow();
                match read.flow.schedule(offered, Instant::now().into_std()) {
                    Ok(piece) => {
                        read.flow.passed(piece.len);
                        passed += piece.len;
                    }
                    Err(broken) => break broken,
                }
            };
            assert_eq!((passed, broken.how), (1_000, how), "{offered}");
            assert_eq!(guard.injected(), 1);
        }
    }
    for (disconnect, how) in [
        (Disconnect::Reset, Breakage::Reset),
        (Disconnect::HalfClose, Breakage::HalfClosed),
    ] {
        let (chaos, _guard) = start(Fault::disconnect(disconnect));
        let broken = Direction::new(&chaos, 0).pass_zeroes(1).await.unwrap_err();
        assert_eq!(broken.how, how);
        assert_eq!(broken.fault.operation(), "read");
    }
}

#[tokio::test(start_paused = true)]
async fn faults_without_an_effect_are_not_injected() {
    for fault in [
        Fault::disconnect(Disconnect::CutAfter(1_001)),
        Fault::disconnect(Disconnect::ResetAfter(1_001)),
        Fault::slice(Slice::bytes(1_000).unwrap()),
        Fault::bandwidth(Bandwidth::bytes_per_second(1_000_000).unwrap()),
        Fault::latency(Duration::ZERO),
    ] {
        let (chaos, guard) = start(fault.clone());
        let mut read = Direction::new(&chaos, 0);
        assert_eq!(
            read.pass_zeroes(1_000).await.unwrap(),
            [(1_000, Duration::ZERO)]
        );
        assert_eq!((guard.injected(), guard.in_flight()), (0, 0), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_corrupted_bytes_do_not_depend_on_the_pieces() {
    const LEN: usize = 200_000;
    let mut changed = Vec::new();
    for offered in [LEN, 1_000, 17] {
        let (chaos, _guard) = start(Fault::corrupt(Corrupt::bytes(share(1.0)).unwrap()));
        let mut read = Direction::new(&chaos, 0);
        let mut bytes = vec![0; LEN];
        for bytes in bytes.chunks_mut(offered) {
            read.pass(bytes).await.unwrap();
        }
        changed.push(bytes);
    }
    assert_eq!(changed[0], changed[1]);
    assert_eq!(changed[0], changed[2]);
    let hits = changed[0].iter().filter(|byte| **byte != 0).count() as f64;
    let (mean, deviation) = (0.01 * LEN as f64, (LEN as f64 * 0.01 * 0.99).sqrt());
    assert!((hits - mean).abs() < 4.0 * deviation, "{hits}");
}

#[tokio::test(start_paused = true)]
async fn the_stalls_of_lost_packets_do_not_depend_on_the_pieces() {
    const LEN: usize = 1_448 * 300;
    let mut waits = Vec::new();
    for offered in [LEN, 4_096, 1_000] {
        let loss = Loss::of_packets(share(5.0)).unwrap();
        let (chaos, _guard) = start(Fault::loss(loss.resent_after(SECOND).unwrap()));
        let mut read = Direction::new(&chaos, 0);
        let mut stalls = Vec::new();
        let mut at = 0;
        while at < LEN {
            let len = offered.min(LEN - at);
            let mut before = Duration::ZERO;
            for (len, when) in read.pass_zeroes(len).await.unwrap() {
                if when > before {
                    stalls.push(at);
                }
                before = when;
                at += len;
            }
        }
        assert!(stalls.iter().all(|at| at % 1_448 == 0), "{stalls:?}");
        waits.push(stalls);
    }
    // Packets that are lost together are sent again together, so only the smallest pieces show every loss.
    assert!((5..30).contains(&waits[2].len()), "{:?}", waits[2]);
    assert!(waits[0].iter().all(|at| waits[1].contains(at)));
    assert!(waits[1].iter().all(|at| waits[2].contains(at)));
}

#[tokio::test(start_paused = true)]
async fn slices_do_not_exceed_their_size() {
    let (chaos, guard) = start(Fault::slice(Slice::bytes(3).unwrap()));
    let mut read = Direction::new(&chaos, 0);
    let pieces = read.pass_zeroes(8).await.unwrap();
    let lens: Vec<_> = pieces.into_iter().map(|(len, _)| len).collect();
    assert_eq!((lens, guard.injected()), (vec![3, 3, 2], 1));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_holds_the_flow_and_then_fails() {
    let (chaos, _guard) = start(Fault::timeout(30 * SECOND));
    let mut read = Direction::new(&chaos, 0);
    let start = Instant::now();
    let broken = read.pass_zeroes(1).await.unwrap_err();
    assert_eq!(start.elapsed(), 30 * SECOND);
    assert_eq!(broken.how, Breakage::Error);
    assert_eq!(broken.fault.failure(), &Failure::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_flow_is_delayed_like_its_bytes() {
    let end = |fault| {
        let (chaos, guard) = start(fault);
        let mut read = Direction::new(&chaos, 0);
        read.follow();
        let now = Instant::now().into_std();
        let piece = read.flow.schedule(0, now);
        let due = piece.map(|piece| piece.due.map(|due| due - now));
        (due.map_err(|broken| broken.how), guard.injected())
    };
    assert_eq!(end(Fault::latency(SECOND)), (Ok(Some(SECOND)), 1));
    assert_eq!(end(Fault::disconnect(Disconnect::Stall)), (Ok(None), 1));
    assert_eq!(end(Fault::reset()), (Err(Breakage::Reset), 1));
    // These faults do not affect the end.
    let at_once = (Ok(Some(Duration::ZERO)), 0);
    for fault in [
        Fault::disconnect(Disconnect::CutAfter(1)),
        Fault::disconnect(Disconnect::HalfClose),
        Fault::corrupt(Corrupt::bytes(Rate::ALWAYS).unwrap()),
        Fault::slice(Slice::bytes(1).unwrap()),
    ] {
        assert_eq!(end(fault), at_once);
    }
}
