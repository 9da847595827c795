//! Whoever is told of a pressure is told on a thread of its own: a slow sink keeps no pressure on, and a broken one
//! ends none.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::pressure::notification::{Notification, Observer};
use crate::pressure::{PressureChange, PressureLevel};

/// Starts the thread; it ends when it has told that all is given back, calls `all_told` then, and tells the level that
/// this returns.
pub(super) fn start(
    tell: Observer,
    all_told: impl FnOnce() -> PressureLevel + Send + 'static,
) -> io::Result<Sender<Notification>> {
    let (queue, waiting) = channel();
    std::thread::Builder::new()
        .name("chaos-tells".to_owned())
        .spawn(move || run(&tell, &waiting, all_told))?;
    Ok(queue)
}

fn run(
    tell: &Observer,
    waiting: &Receiver<Notification>,
    all_told: impl FnOnce() -> PressureLevel,
) {
    // What panics in there is somebody else's, and has been reported by the panic hook.
    let tell = |told| drop(catch_unwind(AssertUnwindSafe(|| tell(told))));
    let mut next = waiting.recv().ok();
    while let Some(told) = next {
        let was_last = told.change == Some(PressureChange::GivenBack);
        if told.change.is_none()
            && let Ok(newer) = waiting.try_recv()
        {
            // Who is slow is told of the latest level only.
            next = Some(newer);
            continue;
        }
        tell(told);
        if was_last {
            break;
        }
        next = waiting.recv().ok();
    }
    let level = all_told();
    tell(Notification {
        change: None,
        level,
        why: None,
    });
}
