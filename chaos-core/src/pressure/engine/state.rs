//! What the threads of one pressure share: how far it is, and whether it is over.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::notifier;
use crate::pressure::notification::{Notification, Observer};
use crate::pressure::{PressureChange, PressureEnd, PressureKind, PressureLevel, PressureUnit};

/// When a pressure is fully on, and when it is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    pub(super) ramp: Duration,
    pub(super) hold: Option<Duration>,
}

/// What the threads of one pressure share.
pub(in crate::pressure) struct PressureState {
    kind: PressureKind,
    unit: PressureUnit,
    requested: f64,
    achieved: AtomicU64,
    started: Instant,
    schedule: Schedule,
    stopping: AtomicBool,
    sleeping: Mutex<()>,
    stopped: Condvar,
    present: AtomicUsize,
    gone: AtomicBool,
    reached: AtomicBool,
    end: OnceLock<PressureEnd>,
    changed: Notify,
    workers: Mutex<Vec<JoinHandle<()>>>,
    telling: OnceLock<Sender<Notification>>,
}

/// Whether a thread that waited is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitOutcome {
    Stopping,
    TimedOut,
}

impl PressureState {
    pub(super) fn new(
        kind: PressureKind,
        unit: PressureUnit,
        requested: f64,
        schedule: Schedule,
    ) -> Arc<Self> {
        Arc::new(Self {
            kind,
            unit,
            requested,
            achieved: AtomicU64::new(0),
            started: Instant::now(),
            schedule,
            stopping: AtomicBool::new(false),
            sleeping: Mutex::new(()),
            stopped: Condvar::new(),
            present: AtomicUsize::new(0),
            gone: AtomicBool::new(false),
            reached: AtomicBool::new(false),
            end: OnceLock::new(),
            changed: Notify::new(),
            workers: Mutex::default(),
            telling: OnceLock::new(),
        })
    }

    pub(super) fn requested(&self) -> f64 {
        self.requested
    }

    pub(in crate::pressure) fn level(&self) -> PressureLevel {
        PressureLevel {
            kind: self.kind,
            requested: self.requested,
            achieved: f64::from_bits(self.achieved.load(Ordering::Relaxed)),
            unit: self.unit,
        }
    }

    pub(super) fn set_achieved(&self, level: f64) {
        self.achieved.store(level.to_bits(), Ordering::Relaxed);
    }

    /// Target share of it is to be there by now.
    pub(super) fn target_share(&self) -> f64 {
        let ramp = self.schedule.ramp;
        if ramp.is_zero() {
            return 1.0;
        }
        (self.started.elapsed().as_secs_f64() / ramp.as_secs_f64()).min(1.0)
    }

    /// How much longer it is to be state.
    pub(super) fn time_left(&self) -> Duration {
        self.schedule.hold.map_or(Duration::MAX, |hold| {
            let all = self.schedule.ramp.saturating_add(hold);
            all.saturating_sub(self.started.elapsed())
        })
    }

    pub(in crate::pressure) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Acquire)
    }

    pub(super) fn mark_reached(&self) {
        self.reached.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    pub(in crate::pressure) fn end(&self) -> Option<&PressureEnd> {
        self.end.get()
    }

    /// Returns once it has ended and everything is given back.
    pub(in crate::pressure) async fn gone(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that an end in between is not slept through.
            changed.as_mut().enable();
            if self.is_gone() {
                return;
            }
            changed.await;
        }
    }

    /// Ends it: wakes whoever waits, and waits for nobody. True for the one that ended it.
    pub(in crate::pressure) fn stop(&self, end: PressureEnd) -> bool {
        let first = self.end.set(end).is_ok();
        self.stopping.store(true, Ordering::Release);
        // Whoever has just found that it goes on is asleep once the lock is free, and so is woken.
        drop(self.sleeping.lock().unwrap_or_else(PoisonError::into_inner));
        self.stopped.notify_all();
        self.changed.notify_waiters();
        first
    }

    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Sleeps for so long, or until it is to end.
    pub(super) fn wait(&self, at_most: Duration) -> WaitOutcome {
        let until = Instant::now().checked_add(at_most);
        let mut sleeping = self.sleeping.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if self.is_stopping() {
                return WaitOutcome::Stopping;
            }
            let left = until.map_or(Duration::MAX, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return WaitOutcome::TimedOut;
            }
            sleeping = self
                .stopped
                .wait_timeout(sleeping, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Counts one more that holds something, unless it is to end.
    pub(super) fn register(self: &Arc<Self>) -> Option<Registration> {
        self.present.fetch_add(1, Ordering::AcqRel);
        let present = Registration(Arc::clone(self));
        (!self.is_stopping()).then_some(present)
    }

    /// Starts a thread that counts as present until `work` is done, and that the keeper waits for.
    #[cfg(target_os = "linux")]
    pub(super) fn spawn(
        self: &Arc<Self>,
        stack: usize,
        work: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<()> {
        if let Some(worker) = self.thread(stack, work)? {
            self.workers().push(worker);
        }
        Ok(())
    }

    /// Starts the thread that waits for the others.
    pub(super) fn spawn_control_loop(
        self: &Arc<Self>,
        stack: usize,
        work: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<()> {
        self.thread(stack, work).map(drop)
    }

    fn thread(
        self: &Arc<Self>,
        stack: usize,
        work: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<Option<JoinHandle<()>>> {
        let Some(present) = self.register() else {
            return Ok(None);
        };
        std::thread::Builder::new()
            .name(format!("chaos-{}", self.kind))
            .stack_size(stack)
            .spawn(move || {
                // Moved in, so that it leaves last, also when `work` panics.
                let present = present;
                work(&present.0);
            })
            .map(Some)
    }

    /// Has the system take back those threads that have ended: their stacks are kept until then.
    #[cfg(target_os = "linux")]
    pub(super) fn reap_finished_workers(&self) {
        self.workers().retain(|worker| !worker.is_finished());
    }

    /// Waits until the system has taken back all threads that work for it.
    pub(super) fn join_workers(&self) {
        let workers = std::mem::take(&mut *self.workers());
        // One that panicked has left like any other.
        workers.into_iter().for_each(|worker| drop(worker.join()));
    }

    fn workers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::pressure) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Has somebody told of what happens to it.
    pub(super) fn attach_observer(self: &Arc<Self>, tell: Observer) -> io::Result<()> {
        let state = Arc::clone(self);
        let queue = notifier::start(tell, move || {
            // Notification first: whoever waits for it to be gone finds it in the journal.
            state.mark_gone();
            state.level()
        })?;
        let _ = self.telling.set(queue);
        Ok(())
    }

    /// Tells what happened, later and elsewhere; whether there is anybody to tell.
    pub(super) fn notify(
        &self,
        change: Option<PressureChange>,
        level: PressureLevel,
        why: Option<String>,
    ) -> bool {
        let told = Notification { change, level, why };
        self.telling
            .get()
            .is_some_and(|queue| queue.send(told).is_ok())
    }

    pub(super) fn mark_gone(&self) {
        self.gone.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }
}

/// One that holds something.
pub(super) struct Registration(Arc<PressureState>);

impl Drop for Registration {
    fn drop(&mut self) {
        let state = &self.0;
        let last = state.present.fetch_sub(1, Ordering::AcqRel) == 1;
        if last && state.is_stopping() && !state.is_gone() {
            // Whoever comes late and goes again, having done nothing, tells nobody: who is told listens no longer.
            let last_held = state.level();
            state.set_achieved(0.0);
            if !state.notify(Some(PressureChange::GivenBack), last_held, None) {
                state.mark_gone();
            }
        }
    }
}

impl std::fmt::Debug for PressureState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PressureState")
            .field("level", &self.level())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod fake {
    //! What the threads of a pressure share that nobody started, for tests.

    use super::*;

    pub(in crate::pressure) fn state() -> Arc<PressureState> {
        let schedule = Schedule {
            ramp: Duration::ZERO,
            hold: None,
        };
        held_for(PressureKind::Cpu, schedule)
    }

    pub(in crate::pressure) fn held_for(
        kind: PressureKind,
        schedule: Schedule,
    ) -> Arc<PressureState> {
        PressureState::new(kind, PressureUnit::PercentOfCore, 100.0, schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_enters_after_the_end() {
        let state = fake::state();
        let present = state.register();
        assert!(present.is_some());
        state.stop(PressureEnd::Dropped);
        assert!(state.register().is_none());
        assert!(!state.is_gone(), "one is still there");
        drop(present);
        assert!(state.is_gone());
        assert!(state.register().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn workers_that_have_ended_are_not_kept_until_the_end() {
        let state = fake::state();
        state.spawn(64 << 10, |_| {}).unwrap();
        while !state.workers().is_empty() {
            state.reap_finished_workers();
            std::thread::yield_now();
        }
    }

    #[test]
    fn who_comes_too_late_does_not_end_it_again() {
        let state = fake::state();
        let (tell, told) = std::sync::mpsc::channel();
        state
            .attach_observer(Box::new(move |told| {
                let _ = tell.send(told.change);
            }))
            .unwrap();
        let present = state.register();
        state.stop(PressureEnd::Dropped);
        drop(present);
        for _ in 0..100 {
            assert!(state.register().is_none());
        }
        let told: Vec<_> = told.into_iter().collect();
        assert_eq!(told, [Some(PressureChange::GivenBack), None]);
    }

    #[test]
    fn it_is_held_for_as_long_after_its_ramp() {
        const HOUR: Duration = Duration::from_secs(3_600);
        let schedule = |ramp, hold| Schedule { ramp, hold };
        let left = |schedule| fake::held_for(PressureKind::Cpu, schedule).time_left();
        assert!(left(schedule(HOUR, Some(Duration::from_millis(1)))) > HOUR / 2);
        assert_eq!(left(schedule(HOUR, None)), Duration::MAX);
        assert_eq!(
            left(schedule(Duration::ZERO, Some(Duration::ZERO))),
            Duration::ZERO
        );
    }

    #[test]
    fn the_first_end_is_the_one_that_counts() {
        let state = fake::state();
        assert!(state.stop(PressureEnd::Over));
        assert!(!state.stop(PressureEnd::Dropped));
        assert_eq!(state.end(), Some(&PressureEnd::Over));
    }
}
