//! Cleanup after experiments that ended by themselves: their wakers, undos and journal entries.
//!
//! Undos and wakers are user code, which may be slow or hang, so dedicated threads run them. The first one starts before
//! the first experiment does. While all of them are busy and more is to be done, the guardian starts another, up to a
//! bound. If all hang, everything ends.

mod crew;

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::contain::contain;
use crate::guardian::{self, Duty, Next};
use crew::{Crew, Job, Shortage};

static CLEANUP: Cleanup = Cleanup::new();

struct Cleanup {
    crew: Mutex<Crew>,
    changed: Condvar,
}

/// Runs a job on a cleanup thread, after those before it.
pub(crate) fn submit(job: impl FnOnce() + Send + 'static) {
    // Soon, as it also starts the first thread.
    CLEANUP.submit(Box::new(job), || {
        guardian::perform_soon(Supervision(&CLEANUP))
    });
}

/// Starts the first thread, as it may be impossible to start one when its first job comes.
///
/// # Errors
///
/// When it can't be started.
pub(crate) fn prepare() -> io::Result<()> {
    CLEANUP.prepare()
}

/// Whether every thread hangs in user code, so that no further undo would run.
pub(crate) fn is_stuck() -> bool {
    CLEANUP.lock().shortage(Instant::now()) == Shortage::Hopeless
}

/// Starts threads while there are too few.
struct Supervision(&'static Cleanup);

impl Supervision {
    const EVERY: Duration = Duration::from_millis(20);
}

impl Duty for Supervision {
    fn perform(&self, now: Instant) -> Next {
        let mut crew = self.0.lock();
        match crew.shortage(now) {
            Shortage::None if crew.end_supervision() => return Next::Never,
            Shortage::None => {}
            Shortage::Thread => {
                let worker = crew.hire();
                drop(crew);
                if self.0.start(worker).is_err() {
                    // The supervision tries again.
                    self.0.lock().dismiss(worker);
                }
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
    const fn new() -> Self {
        Self {
            crew: Mutex::new(Crew::new()),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Crew> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job, and begins the supervision if there is none; `supervise` returns false if it won't last.
    fn submit(&self, job: Job, supervise: impl FnOnce() -> bool) {
        let mut crew = self.lock();
        crew.push(job);
        let begins = crew.begin_supervision();
        drop(crew);
        self.changed.notify_one();
        if begins && !supervise() {
            // The next job tries again.
            self.lock().lose_supervision();
        }
    }

    fn prepare(&'static self) -> io::Result<()> {
        let mut crew = self.lock();
        if crew.has_workers() {
            return Ok(());
        }
        let worker = crew.hire();
        // Under the lock: no other start may count on a thread that then can't be started.
        self.start(worker).inspect_err(|_| crew.dismiss(worker))
    }

    fn start(&'static self, worker: u64) -> io::Result<()> {
        std::thread::Builder::new()
            .name("chaos-cleanup".to_owned())
            .spawn(move || self.run(worker))
            .map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supervision_lasts_until_every_thread_is_idle() {
        let cleanup: &'static Cleanup = Box::leak(Box::new(Cleanup::new()));
        let now = Instant::now();
        let worker = cleanup.lock().hire();
        cleanup.lock().push(Box::new(|| ()));
        assert!(cleanup.lock().take(worker, now).is_some());
        let supervision = Supervision(cleanup);
        assert_eq!(
            supervision.perform(now),
            Next::At(now + Duration::from_millis(20))
        );
        cleanup.lock().mark_idle(worker);
        assert_eq!(supervision.perform(now), Next::Never);
    }

    #[test]
    fn supervision_that_could_not_begin_is_tried_again_with_the_next_job() {
        let cleanup = Cleanup::new();
        let mut begun = Vec::new();
        for lasts in [false, true, true] {
            cleanup.submit(Box::new(|| ()), || {
                begun.push(lasts);
                lasts
            });
        }
        assert_eq!(begun, [false, true], "once it lasts, it is not begun again");
    }
}
