//! The state that the threads of one pressure share: its level, its end, and which of them are left.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::notifier;
use super::schedule::Schedule;
use crate::pressure::notification::{Notification, Observer};
use crate::pressure::{PressureChange, PressureEnd, PressureKind, PressureLevel, PressureUnit};
use crate::waiters::Waiters;

/// The state that the threads of one pressure share.
pub(in crate::pressure) struct PressureState {
    kind: PressureKind,
    unit: PressureUnit,
    requested: f64,
    achieved: AtomicU64,
    started: Instant,
    schedule: Schedule,
    /// The time limit of its experiment, which its own threads keep as well as the guardian.
    deadline: Option<Instant>,
    stopping: AtomicBool,
    sleeping: Mutex<()>,
    stopped: Condvar,
    registered: AtomicUsize,
    gone: AtomicBool,
    reached: AtomicBool,
    saturated: AtomicBool,
    end: OnceLock<PressureEnd>,
    released: Waiters,
    workers: Mutex<Vec<JoinHandle<()>>>,
    notifier: OnceLock<Sender<Notification>>,
}

/// Why a wait returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitOutcome {
    /// The pressure is ending.
    Stopping,
    TimedOut,
}

impl PressureState {
    pub(super) fn new(
        kind: PressureKind,
        unit: PressureUnit,
        requested: f64,
        schedule: Schedule,
        deadline: Option<Instant>,
    ) -> Arc<Self> {
        Arc::new(Self {
            kind,
            unit,
            requested,
            achieved: AtomicU64::new(0),
            started: Instant::now(),
            schedule,
            deadline,
            stopping: AtomicBool::new(false),
            sleeping: Mutex::new(()),
            stopped: Condvar::new(),
            registered: AtomicUsize::new(0),
            gone: AtomicBool::new(false),
            reached: AtomicBool::new(false),
            saturated: AtomicBool::new(false),
            end: OnceLock::new(),
            released: Waiters::default(),
            workers: Mutex::default(),
            notifier: OnceLock::new(),
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

    /// Returns the share of the requested level that is due now.
    pub(super) fn target_share(&self) -> f64 {
        self.schedule.target_share(self.started.elapsed())
    }

    /// Returns the time until the pressure ends by itself.
    pub(super) fn time_left(&self) -> Duration {
        self.schedule.time_left(self.started.elapsed())
    }

    pub(in crate::pressure) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Acquire)
    }

    /// Whether it was reached, or took everything that was available.
    pub(in crate::pressure) fn took_effect(&self) -> bool {
        self.was_reached() || self.saturated.load(Ordering::Acquire)
    }

    pub(super) fn mark_saturated(&self) {
        self.saturated.store(true, Ordering::Release);
    }

    pub(super) fn mark_reached(&self) {
        self.reached.store(true, Ordering::Release);
    }

    pub(in crate::pressure) fn end(&self) -> Option<&PressureEnd> {
        self.end.get()
    }

    /// Ends the pressure and wakes its threads without waiting for them; returns whether this call ended it.
    pub(in crate::pressure) fn stop(&self, end: PressureEnd) -> bool {
        let first = self.end.set(end).is_ok();
        self.stopping.store(true, Ordering::Release);
        // A thread that read the flag just before is asleep once the lock is free, so the notification reaches it.
        drop(self.sleeping.lock().unwrap_or_else(PoisonError::into_inner));
        self.stopped.notify_all();
        first
    }

    /// Whether the pressure is ending; its threads ask, so that they keep its deadline even if nothing else does.
    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire) || self.stop_at_deadline()
    }

    fn stop_at_deadline(&self) -> bool {
        let is_past = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        if is_past {
            let _ = self.end.set(PressureEnd::Dropped);
            self.stopping.store(true, Ordering::Release);
        }
        is_past
    }

    /// Sleeps until the pressure ends or `at_most` has passed.
    pub(super) fn wait(&self, at_most: Duration) -> WaitOutcome {
        let until = Instant::now()
            .checked_add(at_most)
            .into_iter()
            .chain(self.deadline)
            .min();
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

    /// Registers a thread or task that uses the resource, unless the pressure is ending.
    pub(super) fn register(self: &Arc<Self>) -> Option<Registration> {
        self.registered.fetch_add(1, Ordering::AcqRel);
        let registration = Registration(Arc::clone(self));
        (!self.is_stopping()).then_some(registration)
    }

    /// Starts a registered thread for `work`, which the control loop joins at the end.
    #[cfg(target_os = "linux")]
    pub(super) fn spawn_worker(
        self: &Arc<Self>,
        stack_size: usize,
        work: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<()> {
        if let Some(worker) = self.spawn(stack_size, work)? {
            self.workers().push(worker);
        }
        Ok(())
    }

    /// Starts a registered thread for `work`, unless the pressure is ending.
    pub(super) fn spawn(
        self: &Arc<Self>,
        stack_size: usize,
        work: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<Option<JoinHandle<()>>> {
        let Some(registration) = self.register() else {
            return Ok(None);
        };
        std::thread::Builder::new()
            .name(format!("chaos-{}", self.kind))
            .stack_size(stack_size)
            .spawn(move || {
                // Moved into the closure to be dropped last, also when `work` panics.
                let registration = registration;
                work(&registration.0);
            })
            .map(Some)
    }

    /// Frees the stacks of finished workers, which the system keeps while their handles exist.
    #[cfg(target_os = "linux")]
    pub(super) fn reap_finished_workers(&self) {
        self.workers().retain(|worker| !worker.is_finished());
    }

    /// Waits until the system has freed all worker threads.
    pub(super) fn join_workers(&self) {
        let workers = std::mem::take(&mut *self.workers());
        // A worker that panicked has ended like any other.
        workers.into_iter().for_each(|worker| drop(worker.join()));
    }

    fn workers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::pressure) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Completes once the pressure has ended and everything is given back.
    pub(in crate::pressure) async fn gone(&self) {
        loop {
            // Created before the check, so that an end in between is not missed.
            let released = self.released.notified();
            if self.is_gone() {
                return;
            }
            released.await;
        }
    }

    fn mark_gone(&self) {
        self.gone.store(true, Ordering::Release);
        self.released.notify_waiters();
    }

    /// Starts notifying `observer`.
    pub(super) fn attach_observer(self: &Arc<Self>, observer: Observer) -> io::Result<()> {
        let state = Arc::clone(self);
        let notifier = notifier::start(observer, move || {
            // Only now, so that the release is in the journal before a wait for it returns.
            state.mark_gone();
            state.level()
        })?;
        let _ = self.notifier.set(notifier);
        Ok(())
    }

    /// Queues a notification; returns whether there is an observer.
    pub(super) fn notify(
        &self,
        change: Option<PressureChange>,
        level: PressureLevel,
        why: Option<String>,
    ) -> bool {
        let notification = Notification { change, level, why };
        self.notifier
            .get()
            .is_some_and(|queue| queue.send(notification).is_ok())
    }

    #[cfg(test)]
    pub(super) fn for_test() -> Arc<Self> {
        let schedule = Schedule {
            ramp: Duration::ZERO,
            hold: None,
        };
        let unit = PressureUnit::PercentOfCore;
        Self::new(PressureKind::Cpu, unit, 100.0, schedule, None)
    }
}

/// A thread or task that uses the resource; the pressure is gone once it is ending and the last one is dropped.
pub(super) struct Registration(Arc<PressureState>);

impl Drop for Registration {
    fn drop(&mut self) {
        let state = &self.0;
        let last = state.registered.fetch_sub(1, Ordering::AcqRel) == 1;
        if last && state.is_stopping() && !state.is_gone() {
            // A late registration may repeat this. The notifier stops at the first release, so it is reported once.
            let last_level = state.level();
            state.set_achieved(0.0);
            if !state.notify(Some(PressureChange::GivenBack), last_level, None) {
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
mod tests;
