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
    // The panic hook has reported a panic of the observer, which must not end this thread.
    let notify = |notification| {
        let _ = contain(|| observer(notification));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contain::panic_with_hostile_payload;
    use crate::pressure::{PressureKind, PressureUnit};

    #[test]
    fn an_observer_whose_panic_panics_when_dropped_gets_the_next_notification() {
        let (send_seen, seen) = channel();
        let level = PressureLevel {
            kind: PressureKind::Threads,
            requested: 5.0,
            achieved: 5.0,
            unit: PressureUnit::Threads,
        };
        let observer = Box::new(move |notification: Notification| {
            send_seen.send(notification.change).unwrap();
            panic_with_hostile_payload();
        });
        let queue = start(observer, move || level).unwrap();
        let notify = |change| {
            let why = None;
            queue.send(Notification { change, level, why }).unwrap();
            // The bound only turns a hang into a failure.
            seen.recv_timeout(Duration::from_secs(60)).unwrap()
        };
        for change in [PressureChange::Reached, PressureChange::GivenBack] {
            assert_eq!(notify(Some(change)), Some(change));
        }
        assert_eq!(seen.recv_timeout(Duration::from_secs(60)), Ok(None));
    }
}
