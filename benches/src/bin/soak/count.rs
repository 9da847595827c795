//! What the soak counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count with its name in the table.
pub(crate) struct Count(&'static str, AtomicU64);

impl Count {
    const fn of(name: &'static str) -> Self {
        Self(name, AtomicU64::new(0))
    }

    pub(crate) fn add(&self, more: u64) {
        self.1.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn name(&self) -> &'static str {
        self.0
    }

    pub(crate) fn get(&self) -> u64 {
        self.1.load(Ordering::Acquire)
    }
}

macro_rules! counts {
    ($($count:ident $name:literal,)*) => {
        $(pub(crate) static $count: Count = Count::of($name);)*
        static ALL: &[&Count] = &[$(&$count),*];
    };
}

counts! {
    MANAGERS "managers",
    STARTED "experiments started",
    REFUSED "experiments refused",
    HALTS "halts",
    STOPPED "experiments stopped by name",
    DROPPED "guards dropped",
    ENDED "guards whose end was awaited",
    DETACHED "guards detached",
    OPERATIONS "operations",
    CANCELLED "operations given up",
    INJECTED "faults injected",
    REGISTERED "undos registered",
    UNDONE "undos run",
    WAKES "hostile wakers woken",
    SLOW "user code that was slow",
    PANICS "user code that panicked",
    HANGS "user code that hung",
    ESCAPED "panics of user code that reached a caller of chaos",
    LOST "journal entries lost, as far as reported",
    OVER_TOTAL "total caps exceeded",
    OVER_CONCURRENT "concurrency caps exceeded",
    PROTECTED "protected hits",
    TOO_LATE "faults after a final halt or the last handle's drop",
    STUCK "operations and ends that never returned",
    UNEXPECTED "unexpected panics",
}

pub(crate) fn print_table() {
    println!("| what | count |\n|---|---|");
    for Count(name, count) in ALL {
        println!("| {name} | {} |", count.load(Ordering::Acquire));
    }
}
