//! Notifies observers on a dedicated thread: a slow observer keeps no pressure active, and a failing one ends none.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::contain::contain;
use crate::pressure::notification::{Notification, Observer};
use crate::pressure::{PressureChange, PressureLevel};

/// Starts the thread that notifies `observer`, and returns its queue.
///
/// After the notification that everything is given back, the thread calls `on_released`, reports the level it returns,
/// and ends.
pub(super) fn start(
    observer: Observer,
    on_released: impl FnOnce() -> PressureLevel + Send + 'static,
) -> io::Result<Sender<Notification>> {
    let (sender, queue) = channel();
    std::thread::Builder::new()
        .name("chaos-notifier".to_owned())
        .spawn(move || run(&observer, &queue, on_released))?;
    Ok(sender)
}

fn run(
    observer: &Observer,
    queue: &Receiver<Notification>,
    on_released: impl FnOnce() -> PressureLevel,
) {
    let notify = |notification| {
        contain(|| observer(notification));
    };
    let mut next = queue.recv().ok();
    while let Some(notification) = next {
        let is_last = notification.change == Some(PressureChange::GivenBack);
        if notification.change.is_none()
            && let Ok(newer) = queue.try_recv()
        {
            // A slow observer gets only the latest level.
            next = Some(newer);
            continue;
        }
        notify(notification);
        if is_last {
            break;
        }
        next = queue.recv().ok();
    }
    let level = on_released();
    notify(Notification {
        change: None,
        level,
        why: None,
    });
}
