//! Whoever is told of a pressure is told on a thread of its own: a slow sink keeps no pressure on, and a broken one
//! ends none.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::held::Held;
use crate::pressure::PressureChange;
use crate::pressure::told::{Tell, Told};

/// Starts the thread; it ends when it has told that all is given back, and only then the pressure counts as gone.
pub(super) fn start(held: &Arc<Held>, tell: Tell) -> io::Result<Sender<Told>> {
    let (queue, waiting) = channel();
    let held = Arc::clone(held);
    std::thread::Builder::new()
        .name("chaos-tells".to_owned())
        .spawn(move || run(&held, &tell, &waiting))?;
    Ok(queue)
}

fn run(held: &Held, tell: &Tell, waiting: &Receiver<Told>) {
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
    // Told first: whoever waits for it to be gone finds it in the journal.
    held.is_gone_now();
    tell(Told {
        change: None,
        level: held.level(),
        why: None,
    });
}
