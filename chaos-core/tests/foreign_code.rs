//! User code (sinks, wakers, undos) can't prevent the promised behaviour.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, EndReason, Error, Event, Failure, Fault, JournalEntry, JournalSink,
};

/// Panics at every event.
struct PanickingSink;

impl JournalSink for PanickingSink {
    fn record(&self, entry: &JournalEntry) {
        panic!("in a sink at {entry:?}");
    }

    fn flush(&self) {
        panic!("in a sink");
    }
}

#[tokio::test]
async fn a_panicking_sink_has_no_effect() {
    let chaos = ChaosManager::builder().journal_to(PanickingSink).build();
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

/// Requests the status of its manager whenever it is woken.
struct StatusWaker {
    chaos: OnceLock<ChaosManager>,
    woken: AtomicU32,
}

impl Wake for StatusWaker {
    fn wake(self: Arc<Self>) {
        let status = self.chaos.get().unwrap().status();
        assert_eq!(status.len(), 1);
        self.woken.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_waker_may_request_the_status_of_the_manager() {
    let chaos = ChaosManager::new();
    let guard = chaos
        .inject(
            BlastRadius::points_at("pms"),
            Fault::latency(Duration::from_secs(60)),
        )
        .unwrap();
    let status_waker = Arc::new(StatusWaker {
        chaos: OnceLock::from(chaos.clone()),
        woken: AtomicU32::new(0),
    });
    let waker = Waker::from(Arc::clone(&status_waker));
    let mut wait = pin!(guard.wait_for(1));
    let mut context = Context::from_waker(&waker);
    assert!(wait.as_mut().poll(&mut context).is_pending());
    // On a dedicated thread, so that a deadlock fails the test instead of hanging it.
    let (done, is_done) = std::sync::mpsc::channel();
    let halting = chaos.clone();
    std::thread::spawn(move || {
        halting.halt();
        done.send(()).unwrap();
    });
    is_done
        .recv_timeout(Duration::from_secs(20))
        .expect("halt returns");
    assert!(status_waker.woken.load(Ordering::Relaxed) > 0);
    assert!(matches!(
        wait.poll(&mut context),
        Poll::Ready(Err(Error::Ended {
            reason: EndReason::Halted,
            ..
        }))
    ));
}

/// Requests the status of a manager whenever a metric is registered.
struct StatusRecorder {
    chaos: ChaosManager,
    registered: AtomicU32,
}

impl StatusRecorder {
    fn ask(&self) {
        let _ = self.chaos.status();
        self.registered.fetch_add(1, Ordering::Relaxed);
    }
}

impl metrics::Recorder for StatusRecorder {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        self.ask();
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        self.ask();
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        self.ask();
        metrics::Histogram::noop()
    }
}

#[test]
fn a_recorder_may_request_the_status_of_the_manager() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    // On a dedicated thread, so that a deadlock fails the test instead of hanging it.
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let recorder = StatusRecorder {
            chaos: chaos.clone(),
            registered: AtomicU32::new(0),
        };
        metrics::with_local_recorder(&recorder, || {
            let guard = chaos
                .inject(BlastRadius::points_at("pms"), Fault::error(Failure::Reset))
                .unwrap();
            chaos.site("another");
            assert!(site.point_blocking("reserve").is_err());
            drop(guard);
            chaos.halt();
        });
        done.send(recorder.registered.load(Ordering::Relaxed))
            .unwrap();
    });
    let registered = is_done
        .recv_timeout(Duration::from_secs(60))
        .expect("no deadlock");
    // The gauge of running experiments twice, injections, delays, the end.
    assert!(registered >= 5, "{registered}");
}
