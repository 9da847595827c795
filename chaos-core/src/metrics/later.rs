//! Reports from threads that must not wait for the recorder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::contain::contain;

type Report = Box<dyn FnOnce() + Send>;

/// The number of reports that wait for the recorder at most; later ones are lost.
const BOUND: usize = 1_024;

static QUEUE: LazyLock<Queue> = LazyLock::new(|| {
    let (reports, waiting) = sync_channel(BOUND);
    Queue {
        reports,
        waiting: Mutex::new(waiting),
        is_emptied: AtomicBool::new(false),
    }
});

struct Queue {
    reports: SyncSender<Report>,
    /// Locked by the thread that makes the reports.
    waiting: Mutex<Receiver<Report>>,
    /// Whether there is such a thread.
    is_emptied: AtomicBool,
}

/// Makes a report on a dedicated thread, as the recorder is user code.
pub(crate) fn later(report: impl FnOnce() + Send + 'static) {
    if let Err(lost) = QUEUE.reports.try_send(Box::new(report)) {
        // It may own parts of the recorder, which run user code when they are dropped.
        std::mem::forget(lost);
    }
    prepare();
}

/// Starts the thread, unless there is one; if that fails, the next call tries again.
pub(crate) fn prepare() {
    if QUEUE.is_emptied.swap(true, Ordering::AcqRel) {
        return;
    }
    let started = std::thread::Builder::new()
        .name("chaos-metrics".to_owned())
        .spawn(|| {
            let waiting = QUEUE.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            for report in waiting.iter() {
                contain(report);
            }
        });
    if started.is_err() {
        QUEUE.is_emptied.store(false, Ordering::Release);
    }
}
