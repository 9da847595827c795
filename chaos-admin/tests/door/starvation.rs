//! The API answers while the service can't.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::{Door, SLOW};

#[test]
fn a_halt_takes_effect_while_every_worker_is_blocked() {
    let door = Door::open();
    let (release, released) = channel::<()>();
    let (blocks, blocked) = channel();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    runtime.spawn(async move {
        blocks.send(()).unwrap();
        let _ = released.recv();
    });
    blocked.recv().unwrap();
    door.unix().post("/experiments", SLOW).expect(201);
    door.unix().get("/status").expect(200);
    door.unix().post("/halt", "").expect(200);
    assert!(!door.chaos.overview().halts.is_empty());
    drop(release);
}

/// A log, which may stall, notes whether the thread of the API has called it.
struct Log;

static IS_CALLED_BY_THE_API: AtomicBool = AtomicBool::new(false);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        if std::thread::current().name() == Some("chaos-admin") {
            IS_CALLED_BY_THE_API.store(true, Ordering::Relaxed);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn the_thread_of_the_api_never_logs() {
    // The only subscriber of all tests here.
    tracing::subscriber::set_global_default(Log).unwrap();
    let door = Door::open();
    door.unix().break_off();
    door.unix().post("/experiments", SLOW).expect(201);
    door.unix().get("/status").expect(200);
    door.unix().post("/halt", "").expect(200);
    // The thread has ended after that.
    drop(door);
    assert!(!IS_CALLED_BY_THE_API.load(Ordering::Relaxed));
}
