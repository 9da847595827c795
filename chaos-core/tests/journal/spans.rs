//! Injections are events in the spans of their operations.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use chaos_core::{BlastRadius, ChaosManager, Experiment, Fault};
use tracing::field::{Field, Visit};
use tracing::instrument::{Instrument, WithSubscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::broken;
use crate::log::keep_callsites_on;

/// An injection as a subscriber meets it.
#[derive(Debug)]
struct Met {
    span: Option<String>,
    thread: ThreadId,
    fields: String,
}

/// Collects injections.
#[derive(Clone, Default)]
struct Injections(Arc<Mutex<Vec<Met>>>);

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

fn is_injection(event: &tracing::Event<'_>) -> bool {
    event.metadata().name() == "chaos.injected"
}

impl<S: tracing::Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Injections {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if !is_injection(event) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push(Met {
            span: context.event_span(event).map(|span| span.name().to_owned()),
            thread: thread::current().id(),
            fields: fields.0,
        });
    }
}

#[tokio::test(start_paused = true)]
async fn an_injection_is_an_event_of_the_span_of_its_operation_on_its_own_thread() {
    keep_callsites_on();
    let met = Injections::default();
    let subscriber = tracing_subscriber::registry().with(met.clone());
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let work = async {
        let slow_then_down = broken("a").fault(Fault::latency(Duration::from_secs(2)));
        let guard = chaos.start(slow_then_down).unwrap();
        let in_span = pms
            .point("reserve")
            .instrument(tracing::info_span!("request"));
        assert!(in_span.await.is_err());
        drop(guard);
        assert!(pms.point("reserve").await.is_ok());
        chaos.flushed().await;
    };
    work.with_subscriber(subscriber).await;
    let met = met.0.lock().unwrap();
    let [met] = &met[..] else {
        panic!("expected one injection, found {met:?}");
    };
    assert_eq!(met.span.as_deref(), Some("request"));
    assert_eq!(met.thread, thread::current().id());
    for field in [
        "experiment=\"a\"",
        "service=\"pms\"",
        "operation=\"reserve\"",
        "fault=latency",
        "phase=before",
        "delay=2s",
        "failure=\"unavailable\"",
        "dry_run=false",
    ] {
        assert!(met.fields.contains(field), "{field}: {met:?}");
    }
}

/// Calls this at each injection.
struct Calls<F>(F);

impl<S: tracing::Subscriber, F: Fn() + 'static> Layer<S> for Calls<F> {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        if is_injection(event) {
            (self.0)();
        }
    }
}

fn with_subscriber<R>(call: impl Fn() + Send + Sync + 'static, work: impl FnOnce() -> R) -> R {
    keep_callsites_on();
    let subscriber = tracing_subscriber::registry().with(Calls(call));
    tracing::subscriber::with_default(subscriber, work)
}

#[test]
fn a_subscriber_may_use_the_manager_and_its_panic_changes_nothing() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let capped = Experiment::new("capped")
        .fault(Fault::error(chaos_core::Failure::Refused))
        .blast_radius(BlastRadius::points_at("pms").at_most(2));
    let guard = chaos.start(capped).unwrap();
    let manager = chaos.clone();
    let use_and_panic = move || {
        assert!(!manager.status().is_empty() && !manager.journal().is_empty());
        drop(manager.site("another"));
        let other = manager.start(broken("from a subscriber").dry_run());
        drop(other);
        panic!("in a subscriber");
    };
    let struck = with_subscriber(use_and_panic, || {
        [1, 2, 3].map(|_| pms.point_blocking("reserve").is_err())
    });
    assert_eq!(struck, [true, true, false]);
    assert_eq!((guard.injected(), guard.in_flight()), (2, 0));
}

#[test]
fn no_stop_waits_for_a_subscriber_that_hangs() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let guard = chaos.start(broken("a")).unwrap();
    let (hangs, has_hung): (Sender<()>, Receiver<()>) = channel();
    let (release, released): (Sender<()>, Receiver<()>) = channel();
    let (hangs, released) = (Mutex::new(hangs), Mutex::new(released));
    let hang = move || {
        hangs.lock().unwrap().send(()).unwrap();
        let _ = released.lock().unwrap().recv();
    };
    let operation = thread::spawn(move || with_subscriber(hang, || pms.point_blocking("reserve")));
    has_hung.recv().unwrap();
    // Each of these hangs with the subscriber if it waits for it.
    assert_eq!(chaos.journal().len(), 2);
    drop(guard);
    chaos.halt();
    chaos.resume();
    drop(chaos.start(broken("b")).unwrap());
    drop(release);
    // Released after its end, the operation goes on to the real call.
    assert!(operation.join().unwrap().is_ok());
}
