//! A service that sets its global subscriber after chaos has recorded events; its own process, as a subscriber is global.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use chaos_core::{ChaosManager, JournalEntry, JournalSink};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Logs each entry once it is let go.
struct Logs {
    begun: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
}

impl JournalSink for Logs {
    fn record(&self, _entry: &JournalEntry) {
        let _ = self.begun.lock().unwrap().send(());
        let _ = self.go.lock().unwrap().recv();
        tracing::info!("an entry");
    }
}

#[derive(Clone, Default)]
struct Count(Arc<Mutex<u32>>);

impl<S: tracing::Subscriber> Layer<S> for Count {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == module_path!() {
            *self.0.lock().unwrap() += 1;
        }
    }
}

#[tokio::test]
async fn entries_from_before_a_global_subscriber_are_logged_to_it() {
    let (begun, has_begun) = channel();
    let (let_go, go) = channel();
    let (begun, go) = (Mutex::new(begun), Mutex::new(go));
    let chaos = ChaosManager::builder()
        .journal_to(Logs { begun, go })
        .build();
    chaos.halt();
    has_begun.recv().unwrap();
    chaos.resume();
    let count = Count::default();
    let subscriber = tracing_subscriber::registry().with(count.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    drop(let_go);
    chaos.flushed().await;
    assert_eq!(*count.0.lock().unwrap(), 2);
}
