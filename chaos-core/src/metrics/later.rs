//! Reports from threads that must not wait for the recorder.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::contain::contain;

type Report = Box<dyn FnOnce() + Send>;

/// The number of reports that wait for the recorder at most; later ones are lost.
const BOUND: usize = 1_024;

/// Makes a report on a dedicated thread, as the recorder is user code.
pub(crate) fn later(report: impl FnOnce() + Send + 'static) {
    static QUEUE: OnceLock<SyncSender<Report>> = OnceLock::new();
    static WAITING: Mutex<Option<Receiver<Report>>> = Mutex::new(None);
    let queue = QUEUE.get_or_init(|| {
        let (sender, receiver) = sync_channel(BOUND);
        *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(receiver);
        sender
    });
    let _ = queue.try_send(Box::new(report));
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(receiver) = waiting.take() {
        drop(waiting);
        start(receiver);
    }
}

fn start(receiver: Receiver<Report>) {
    // Without a thread, reports are lost.
    let _ = std::thread::Builder::new()
        .name("chaos-metrics".to_owned())
        .spawn(move || {
            for report in receiver {
                contain(report);
            }
        });
}
