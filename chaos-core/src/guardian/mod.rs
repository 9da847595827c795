//! The guardian: the threads of the process that enforce everything that depends on real time.
//!
//! Time limits, conditions and halt files don't depend on a runtime whose workers may all be blocked. Its threads need
//! no descriptor, take no lock that is held during a wait, and run no user code: sinks, recorders, probes, undos and
//! wakers have other threads. If one of the two hangs or dies all the same, the other continues and starts another.

mod crew;
mod duty;
mod roster;

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::contain::contain;
use crew::MemberId;
pub(crate) use duty::{Duty, Next};
use roster::{DutyId, Roster, Work};

static GUARDIAN: Guardian = Guardian::new(Guardian::spawn);

struct Guardian {
    roster: Mutex<Roster>,
    changed: Condvar,
    start: StartThread,
}

/// Starts a thread of the guardian; the operating system may refuse it.
type StartThread = fn(&'static Guardian, MemberId) -> io::Result<()>;

/// Keeps a duty on the roster; dropping it takes the duty off.
#[must_use]
pub(crate) struct Watch(DutyId);

/// Puts a duty on the roster, starting the threads if this is the first.
///
/// # Errors
///
/// When no thread can be started, or too many of them hang.
pub(crate) fn watch(first: Instant, duty: Arc<dyn Duty>) -> io::Result<Watch> {
    GUARDIAN.watch(first, duty).map(Watch)
}

/// Performs a duty as soon as possible; returns false if it was performed here and once, as there is no guardian.
pub(crate) fn perform_soon(duty: impl Duty + 'static) -> bool {
    let duty = Arc::new(duty);
    match watch(Instant::now(), duty.clone()) {
        // The duty leaves the roster once it is done.
        Ok(watch) => {
            std::mem::forget(watch);
            true
        }
        Err(_) => {
            // Better here than never.
            let _ = duty.perform(Instant::now());
            duty.tidy();
            false
        }
    }
}

/// Ends everything that duties limit, because it can no longer be supervised.
pub(crate) fn give_up(why: &str) {
    GUARDIAN.give_up(why);
}

impl Drop for Watch {
    fn drop(&mut self) {
        let duty = GUARDIAN.lock().remove(self.0);
        // Dropping a duty may run any code, so it happens outside the lock.
        drop(duty);
    }
}

/// What a thread of the guardian does next.
enum Step {
    Work(Work),
    Recruit,
    GiveUp,
    Leave,
}

impl Guardian {
    /// The time by which a duty is late if the leading thread has not taken it.
    const LATE: Duration = Duration::from_millis(20);

    /// The pause between attempts to start a thread.
    const RETRY: Duration = Duration::from_millis(100);

    const fn new(start: StartThread) -> Self {
        Self {
            roster: Mutex::new(Roster::new()),
            changed: Condvar::new(),
            start,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&'static self, first: Instant, duty: Arc<dyn Duty>) -> io::Result<DutyId> {
        let mut roster = self.lock();
        let now = Instant::now();
        if roster.crew.is_lost(now) {
            return Err(io::Error::other("its threads hang"));
        }
        if roster.crew.is_absent(now) && roster.crew.needs_recruit(now) {
            let member = roster.crew.recruit();
            // Under the lock: no other start may count on a thread that then can't be started.
            if let Err(error) = (self.start)(self, member) {
                roster.crew.leave(member);
                return Err(error);
            }
        }
        let id = roster.add(first, duty);
        drop(roster);
        self.changed.notify_all();
        Ok(id)
    }

    fn spawn(&'static self, member: MemberId) -> io::Result<()> {
        std::thread::Builder::new()
            .name("chaos-guardian".to_owned())
            .spawn(move || {
                let _leaving = Leaving(self, member);
                self.run(member);
            })
            .map(drop)
    }

    fn run(&'static self, member: MemberId) {
        loop {
            match self.next_step(member) {
                Step::Work(Work::Perform(id, duty)) => {
                    let next = contain(|| duty.perform(Instant::now())).unwrap_or(Next::Never);
                    self.lock().put_back(id, next);
                    // Dropping the last handle of a duty must not end the thread either.
                    contain(move || drop(duty));
                }
                Step::Work(Work::Tidy(duty)) => drop(contain(move || {
                    duty.tidy();
                    drop(duty);
                })),
                Step::Recruit => self.recruit(),
                Step::GiveUp => self.give_up("the threads that enforce time limits hang"),
                Step::Leave => return,
            }
        }
    }

    /// Waits until there is something to do, and marks the thread as busy with it.
    fn next_step(&self, member: MemberId) -> Step {
        let mut roster = self.lock();
        roster.crew.mark_idle(member);
        loop {
            if roster.crew.is_surplus(member) {
                return Step::Leave;
            }
            let now = Instant::now();
            let is_lost = roster.crew.is_lost(now);
            let needs_recruit = roster.crew.needs_recruit(now);
            let may_recruit = roster.recruit_from.is_none_or(|at| at <= now);
            let late = if roster.crew.leads(member, now) {
                Duration::ZERO
            } else {
                Self::LATE
            };
            let due_by = now.checked_sub(late).unwrap_or(now);
            // The last thread that is not in a duty notices when the others hang, so it must not follow them.
            let is_last = roster.crew.is_last(member) && !is_lost;
            let only_watches = is_last && roster.crew.is_full();
            let recruits_first = is_last && !only_watches && roster.has_work(due_by);
            let step = if is_lost && !roster.given_up {
                Some(Step::GiveUp)
            } else if (needs_recruit || recruits_first) && may_recruit {
                Some(Step::Recruit)
            } else if only_watches {
                None
            } else {
                roster.take_work(due_by).map(Step::Work)
            };
            roster.given_up = is_lost;
            if let Some(step) = step {
                roster.crew.mark_busy(member, now);
                return step;
            }
            let wakes = [
                roster
                    .earliest()
                    .filter(|_| !only_watches)
                    .map(|at| at + late),
                roster.crew.next_check(now),
                roster.recruit_from.filter(|_| needs_recruit),
            ];
            roster = match wakes.into_iter().flatten().min() {
                None => self.changed.wait(roster),
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    Ok(self
                        .changed
                        .wait_timeout(roster, left.max(Duration::from_micros(1)))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0)
                }
            }
            .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn recruit(&'static self) {
        let member = self.lock().crew.recruit();
        let started = (self.start)(self, member);
        let mut roster = self.lock();
        match started {
            Ok(()) => roster.recruit_from = None,
            Err(_) => {
                roster.crew.leave(member);
                roster.recruit_from = Some(Instant::now() + Self::RETRY);
            }
        }
    }

    fn give_up(&self, why: &str) {
        let duties = self.lock().all();
        for duty in duties {
            contain(|| duty.give_up(why));
        }
    }
}

/// Takes a thread off the crew when it ends, for whatever reason.
struct Leaving(&'static Guardian, MemberId);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.lock().crew.leave(self.1);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
