//! A build that can inject faults logs a warning, once per process; so this test has a process to itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chaos_core::ChaosManager;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

#[derive(Clone, Default)]
struct Banners(Arc<AtomicUsize>, Arc<Mutex<Vec<tracing::Level>>>);

impl Visit for Banners {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let is_banner = field.name() == "message"
            && format!("{value:?}").contains("fault injection is compiled into this build");
        self.0.fetch_add(usize::from(is_banner), Ordering::Relaxed);
    }
}

impl<S: tracing::Subscriber> Layer<S> for Banners {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        self.1.lock().unwrap().push(*event.metadata().level());
        event.record(&mut self.clone());
    }
}

#[test]
fn only_the_first_manager_logs_that_faults_can_be_injected() {
    let banners = Banners::default();
    let subscriber = tracing_subscriber::registry().with(banners.clone());
    tracing::subscriber::with_default(subscriber, || {
        let _first = ChaosManager::new();
        let _second = ChaosManager::builder().seed(1).build();
    });
    assert_eq!(banners.0.load(Ordering::Relaxed), 1);
    assert_eq!(*banners.1.lock().unwrap(), [tracing::Level::WARN]);
}
