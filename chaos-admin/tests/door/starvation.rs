//! The API answers while the service can't.

use std::sync::mpsc::channel;

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
