//! Waiting for entries of the journal.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread::{self, ThreadId};

use chaos_core::{BlastRadius, ChaosManager, Failure, Fault};

use crate::{broken, reserve};

#[tokio::test]
async fn a_number_that_was_recorded_needs_no_waiting() {
    let chaos = ChaosManager::builder().keep_entries(0).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    assert!(reserve(&site).await);
    for number in [0, 1] {
        let mut context = Context::from_waker(Waker::noop());
        let reached = pin!(chaos.journal_reached(number));
        assert!(reached.poll(&mut context).is_ready());
    }
    let mut context = Context::from_waker(Waker::noop());
    assert!(
        pin!(chaos.journal_reached(2))
            .poll(&mut context)
            .is_pending()
    );
}

#[tokio::test]
async fn every_subscriber_sees_every_entry() {
    const INJECTIONS: u64 = 2_000;
    let chaos = ChaosManager::builder().keep_entries(2_000).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    let subscribers: Vec<_> = (0..100)
        .map(|_| {
            let chaos = chaos.clone();
            tokio::spawn(async move {
                let mut next = 0;
                while next <= INJECTIONS {
                    chaos.journal_reached(next).await;
                    for entry in chaos.journal_since(next).entries() {
                        assert_eq!(entry.number, next);
                        next += 1;
                    }
                }
            })
        })
        .collect();
    for _ in 0..INJECTIONS {
        assert!(reserve(&site).await);
        tokio::task::yield_now().await;
    }
    for subscriber in subscribers {
        subscriber.await.unwrap();
    }
}

#[test]
fn a_subscriber_that_is_about_to_wait_misses_no_entry() {
    const ENTRIES: u64 = 20_000;
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let down = Fault::error(Failure::Unavailable);
    let _guard = chaos.inject(BlastRadius::points_at("pms"), down).unwrap();
    let seen = AtomicU64::new(0);
    thread::scope(|threads| {
        threads.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(async {
                for number in 0..ENTRIES {
                    chaos.journal_reached(number).await;
                    seen.store(number + 1, Ordering::Release);
                }
            });
        });
        for number in 1..ENTRIES {
            // Recorded just when the subscriber goes on to wait for it.
            while seen.load(Ordering::Acquire) < number {
                thread::yield_now();
            }
            assert!(site.point_blocking("reserve").is_err());
        }
    });
}

/// Sends the thread on which it wakes.
struct WakesOn(Mutex<mpsc::Sender<ThreadId>>);

impl Wake for WakesOn {
    fn wake(self: Arc<Self>) {
        let _ = self.0.lock().unwrap().send(thread::current().id());
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("in a waker");
    }
}

#[test]
fn wakers_run_on_one_thread_and_on_that_of_no_operation() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    let (woken, wakes) = mpsc::channel();
    let waker: Waker = Arc::new(WakesOn(Mutex::new(woken))).into();
    let hostile: Waker = Arc::new(Panics).into();
    let mut waiting: Vec<_> = (0..100)
        .map(|_| Box::pin(chaos.journal_reached(1)))
        .collect();
    for (nth, task) in waiting.iter_mut().enumerate() {
        let waker = if nth % 2 == 0 { &hostile } else { &waker };
        let polled = task.as_mut().poll(&mut Context::from_waker(waker));
        assert!(polled.is_pending());
    }
    assert!(site.point_blocking("reserve").is_err());
    let threads: Vec<_> = wakes.iter().take(50).collect();
    assert!(threads.iter().all(|thread| *thread == threads[0]));
    assert_ne!(threads[0], thread::current().id());
    for mut task in waiting {
        let mut context = Context::from_waker(Waker::noop());
        assert!(task.as_mut().poll(&mut context).is_ready());
    }
}

#[test]
fn a_subscriber_of_a_hung_waker_delays_no_operation() {
    /// Blocks until its channel is gone.
    struct Hangs(Mutex<mpsc::Receiver<()>>, mpsc::Sender<()>);
    impl Wake for Hangs {
        fn wake(self: Arc<Self>) {
            self.1.send(()).unwrap();
            let _ = self.0.lock().unwrap().recv();
        }
    }
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    let (hanging, released) = mpsc::channel::<()>();
    let (sender, hangs) = mpsc::channel();
    let waker: Waker = Arc::new(Hangs(Mutex::new(released), sender)).into();
    let mut waiting = pin!(chaos.journal_reached(1));
    let polled = waiting.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    assert!(site.point_blocking("reserve").is_err());
    hangs.recv().unwrap();
    for number in 2..100 {
        let mut context = Context::from_waker(Waker::noop());
        assert!(
            pin!(chaos.journal_reached(number))
                .poll(&mut context)
                .is_pending()
        );
        assert!(site.point_blocking("reserve").is_err());
        assert_eq!(chaos.journal_since(number).next, number + 1);
    }
    drop(hanging);
}
