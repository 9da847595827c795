//! The guardian: a thread of the process that enforces everything that depends on real time.
//!
//! Time limits, conditions and halt files don't depend on a runtime whose workers may all be blocked. The thread needs
//! no descriptor and takes no lock that is held during a wait.

mod duty;
mod roster;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(crate) use duty::{Duty, Next};
use roster::{DutyId, Roster};

use crate::contain::contain;

static GUARDIAN: Guardian = Guardian {
    roster: Mutex::new(Roster::new()),
    changed: Condvar::new(),
};

struct Guardian {
    roster: Mutex<Roster>,
    changed: Condvar,
}

/// Keeps a duty on the roster; dropping it takes the duty off.
#[must_use]
pub(crate) struct Watch(DutyId);

/// Puts a duty on the roster, starting the thread if this is the first.
///
/// # Errors
///
/// When the thread can't be started.
pub(crate) fn watch(first: Instant, duty: Arc<dyn Duty>) -> io::Result<Watch> {
    let mut roster = GUARDIAN.lock();
    if roster.needs_thread() {
        std::thread::Builder::new()
            .name("chaos-guardian".to_owned())
            .spawn(|| GUARDIAN.run())?;
        roster.mark_thread_started();
    }
    let id = roster.add(first, duty);
    drop(roster);
    GUARDIAN.changed.notify_one();
    Ok(Watch(id))
}

/// Performs a duty once, as soon as possible.
pub(crate) fn perform_soon(duty: Arc<dyn Duty>) {
    match watch(Instant::now(), duty) {
        // The duty leaves the roster once it is done.
        Ok(watch) => std::mem::forget(watch),
        Err(error) => tracing::warn!(%error, "the guardian thread could not be started"),
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let duty = GUARDIAN.lock().remove(self.0);
        // Dropping a duty may run any code, so it happens outside the lock.
        drop(duty);
    }
}

impl Guardian {
    fn lock(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> ! {
        let mut untidied: VecDeque<Arc<dyn Duty>> = VecDeque::new();
        loop {
            let now = Instant::now();
            let due = self.lock().take_due(now);
            let nothing_due = due.is_empty();
            for (id, duty) in due {
                let next = guarded(|| duty.perform(now)).unwrap_or(Next::Never);
                self.lock().put_back(id, next);
                match next {
                    Next::Never => untidied.push_back(duty),
                    // Dropping the last handle of a duty may run user code.
                    Next::At(_) => drop(guarded(move || drop(duty))),
                }
            }
            // One at a time: tidying up must neither delay other duties nor be postponed forever.
            match untidied.pop_front() {
                Some(duty) => drop(guarded(move || {
                    duty.tidy();
                    drop(duty);
                })),
                None if nothing_due => self.wait(),
                None => {}
            }
        }
    }

    /// Waits until a duty is due, or the roster changes.
    fn wait(&self) {
        let roster = self.lock();
        match roster.earliest() {
            None => drop(
                self.changed
                    .wait(roster)
                    .unwrap_or_else(PoisonError::into_inner),
            ),
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    drop(
                        self.changed
                            .wait_timeout(roster, left)
                            .unwrap_or_else(PoisonError::into_inner),
                    );
                }
            }
        }
    }
}

/// Runs a duty so that its panic ends only that duty, not the thread.
fn guarded<R>(act: impl FnOnce() -> R) -> Option<R> {
    let result = contain(act);
    if result.is_none() {
        // The subscriber that receives this is foreign code, too.
        contain(|| tracing::error!("a duty of the guardian panicked"));
    }
    result
}

#[cfg(test)]
mod tests;
