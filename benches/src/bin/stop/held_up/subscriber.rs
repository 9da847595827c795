//! A `tracing` subscriber that hangs, as one does whose output is a full pipe.

use std::sync::Once;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::hold::{Hold, Holding};

pub(super) static HOLD: Hold = Hold::new();

/// Hangs in every event.
struct Hanging;

pub(super) fn hold_up() -> Holding {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing::subscriber::set_global_default(Hanging).expect("the only subscriber");
    });
    HOLD.begin()
}

impl Subscriber for Hanging {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        HOLD.hang();
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
