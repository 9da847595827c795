//! Futures that are dropped after each of their polls.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use chaos_net::{Bandwidth, Corrupt, Disconnect, Failure, Fault, Loss, Slice};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::fixtures::{SECOND, share, start};

/// Polls a future up to `polls` times, then drops it. True if it finished.
async fn finishes_within(future: impl Future, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut done = 0;
    poll_fn(|cx| {
        if done == polls {
            return Poll::Ready(false);
        }
        done += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if done == polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

fn faults() -> Vec<Fault> {
    vec![
        Fault::latency(SECOND),
        Fault::error(Failure::Unavailable),
        Fault::timeout(SECOND),
        Fault::reset(),
        Fault::disconnect(Disconnect::ResetAfter(3)),
        Fault::disconnect(Disconnect::CutAfter(3)),
        Fault::disconnect(Disconnect::HalfClose),
        Fault::bandwidth(Bandwidth::bytes_per_second(10).unwrap()),
        Fault::corrupt(Corrupt::bytes(share(50.0)).unwrap()),
        Fault::slice(Slice::bytes(2).unwrap()),
        Fault::loss(Loss::of_packets(share(90.0)).unwrap()),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_stream_dropped_at_any_poll_leaves_nothing_behind() {
    for fault in faults() {
        let (_chaos, site, guard) = start("*", fault.clone());
        let talk = async || {
            let (near, mut far) = duplex(16);
            let mut stream = site.connect(async { Ok(near) }).await?;
            let there = async {
                far.write_all(b"0123456789").await?;
                far.shutdown().await?;
                far.read_to_end(&mut Vec::new()).await
            };
            let here = async {
                stream.write_all(b"0123456789").await?;
                stream.read_to_end(&mut Vec::new()).await?;
                stream.shutdown().await
            };
            // The side that fails first cancels the other one.
            tokio::try_join!(here, there).map(drop)
        };
        let mut polls = 0;
        while !finishes_within(talk(), polls).await {
            assert_eq!(guard.in_flight(), 0, "{fault:?} after {polls} polls");
            polls += 1;
            assert!(polls < 1_000, "{fault:?}: it never finishes");
        }
        assert_eq!(guard.in_flight(), 0, "{fault:?} when finished");
        assert!(guard.injected() > 0, "{fault:?}");
    }
}
