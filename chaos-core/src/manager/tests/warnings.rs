use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::*;

/// Keeps the text of every warning.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Visit for Warnings {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if matches!(field.name(), "message" | "why") {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::WARN {
            event.record(&mut self.clone());
        }
    }
}

/// The texts and reasons of the warnings that `work` logs, apart from the banner.
pub(super) fn warnings_of(work: impl FnOnce()) -> Vec<String> {
    // While a process has only one subscriber, a callsite stays off for all if a thread without one meets it first.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let warnings = Warnings::default();
    let subscriber = tracing_subscriber::registry().with(warnings.clone());
    tracing::subscriber::with_default(subscriber, work);
    let mut warnings = std::mem::take(&mut *warnings.0.lock().unwrap());
    warnings.retain(|text| !text.contains("compiled into this build"));
    warnings
}
