//! Code of others that we call (sinks, wakers, undos) can neither stop nor harm what is promised.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, EndReason, Error, Event, Failure, Fault, JournalEntry, JournalSink,
};

/// Panics at every event it is handed.
struct Clumsy;

impl JournalSink for Clumsy {
    fn record(&self, entry: &JournalEntry) {
        panic!("a clumsy sink at {entry:?}");
    }

    fn flush(&self) {
        panic!("a clumsy sink");
    }
}

#[tokio::test]
async fn a_sink_that_panics_changes_nothing() {
    let chaos = ChaosManager::builder().journal_to(Clumsy).build();
    let site = chaos.site("pms");
    let undone = Arc::new(AtomicU32::new(0));
    let guards: Vec<_> = ["a", "b"]
        .map(|service| {
            chaos.inject(
                BlastRadius::points_at(service),
                Fault::error(Failure::Reset),
            )
        })
        .into_iter()
        .chain([chaos.inject(BlastRadius::points_at("pms"), Fault::error(Failure::Reset))])
        .collect::<Result<_, _>>()
        .unwrap();
    for guard in &guards {
        let undone = Arc::clone(&undone);
        guard.on_end(move || {
            undone.fetch_add(1, Ordering::Relaxed);
        });
    }
    assert!(site.point("reserve").await.is_err());
    chaos.halt();
    chaos.halted().await;
    assert_eq!(undone.load(Ordering::Relaxed), 3);
    assert!(site.point("reserve").await.is_ok());
    let ended = |entry: &JournalEntry| matches!(entry.event, Event::Ended { .. });
    assert_eq!(
        chaos.journal().iter().filter(|entry| ended(entry)).count(),
        3
    );
}

/// Asks its manager how things stand whenever it is woken.
struct Curious {
    chaos: OnceLock<ChaosManager>,
    woken: AtomicU32,
}

impl Wake for Curious {
    fn wake(self: Arc<Self>) {
        let status = self.chaos.get().unwrap().status();
        assert_eq!(status.len(), 1);
        self.woken.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_waker_that_asks_the_manager_is_answered() {
    let chaos = ChaosManager::new();
    let guard = chaos
        .inject(
            BlastRadius::points_at("pms"),
            Fault::latency(Duration::from_secs(60)),
        )
        .unwrap();
    let curious = Arc::new(Curious {
        chaos: OnceLock::from(chaos.clone()),
        woken: AtomicU32::new(0),
    });
    let waker = Waker::from(Arc::clone(&curious));
    let mut waits = pin!(guard.wait_for(1));
    let mut context = Context::from_waker(&waker);
    assert!(waits.as_mut().poll(&mut context).is_pending());
    // On a thread of its own, so that a deadlock fails the test rather than hangs it.
    let (done, is_done) = std::sync::mpsc::channel();
    let halting = chaos.clone();
    std::thread::spawn(move || {
        halting.halt();
        done.send(()).unwrap();
    });
    is_done
        .recv_timeout(Duration::from_secs(20))
        .expect("halt returns");
    assert!(curious.woken.load(Ordering::Relaxed) > 0);
    assert!(matches!(
        waits.poll(&mut context),
        Poll::Ready(Err(Error::Ended {
            reason: EndReason::Halted,
            ..
        }))
    ));
}
