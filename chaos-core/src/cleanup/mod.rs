//! Cleanup after experiments that ended by themselves: their wakers, undos and journal entries.
//!
//! Undos and wakers are user code, which may be slow or hang, so dedicated threads run them. While all of them are busy
//! and more is to be done, the guardian starts another, up to a bound. If all hang, everything ends.

mod crew;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::contain::contain;
use crate::guardian::{self, Duty, Next};
use crew::{Crew, Job, Shortage};

static CLEANUP: Cleanup = Cleanup {
    crew: Mutex::new(Crew::new()),
    changed: Condvar::new(),
};

struct Cleanup {
    crew: Mutex<Crew>,
    changed: Condvar,
}

/// Runs a job on a cleanup thread, after those before it.
pub(crate) fn submit(job: impl FnOnce() + Send + 'static) {
    let mut crew = CLEANUP.lock();
    crew.push(Box::new(job));
    let supervise = crew.begin_supervision();
    drop(crew);
    CLEANUP.changed.notify_one();
    if supervise {
        // Soon, as it also starts the first thread.
        guardian::perform_soon(Supervision);
    }
}

/// Whether every thread hangs in user code, so that no further undo would run.
pub(crate) fn is_stuck() -> bool {
    CLEANUP.lock().shortage(Instant::now()) == Shortage::Hopeless
}

/// Starts threads while there are too few.
struct Supervision;

impl Supervision {
    const EVERY: Duration = Duration::from_millis(20);
}

impl Duty for Supervision {
    fn perform(&self, now: Instant) -> Next {
        let mut crew = CLEANUP.lock();
        match crew.shortage(now) {
            Shortage::None if crew.end_supervision() => return Next::Never,
            Shortage::None => {}
            Shortage::Thread => {
                let worker = crew.hire();
                drop(crew);
                CLEANUP.start(worker);
            }
            Shortage::Hopeless => {
                let first = crew.mark_given_up();
                drop(crew);
                if first {
                    guardian::give_up("undos or wakers hang, so that no others can run");
                }
            }
        }
        Next::At(now + Self::EVERY)
    }
}

impl Cleanup {
    fn lock(&self) -> MutexGuard<'_, Crew> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&'static self, worker: u64) {
        let started = std::thread::Builder::new()
            .name("chaos-cleanup".to_owned())
            .spawn(move || self.run(worker));
        if started.is_err() {
            // The supervision tries again.
            self.lock().dismiss(worker);
        }
    }

    fn run(&self, worker: u64) {
        while let Some(job) = self.next(worker) {
            contain(job);
        }
    }

    /// Waits for the next job; `None` if there are threads enough.
    fn next(&self, worker: u64) -> Option<Job> {
        let mut crew = self.lock();
        crew.mark_idle(worker);
        loop {
            if let Some(job) = crew.take(worker, Instant::now()) {
                return Some(job);
            }
            if crew.is_surplus() {
                crew.dismiss(worker);
                return None;
            }
            crew = self
                .changed
                .wait(crew)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
