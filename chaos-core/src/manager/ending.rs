//! Ends experiments, by name or all at once, and takes them off the table.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::active::Active;
use super::halt_file::ObeysHaltFile;
use super::inner::Inner;
use super::settling::{settle, settle_later, wait_for_undos};
use super::start_policy::HaltSource;
use super::table::Waiting;
use crate::journal::Event;
use crate::running::{PATIENCE, Running, Supervisor};
use crate::{Actor, Attribution, EndReason, Error, cleanup, delay, metrics};

impl Inner {
    pub(super) fn stop(
        self: &Arc<Self>,
        name: &str,
        attribution: Attribution,
    ) -> Result<(), Error> {
        let running = self
            .table()
            .running
            .get(name)
            .map(|active| Arc::clone(&active.running));
        let stopped = running.filter(|running| running.stop(EndReason::Stopped(attribution)));
        let Some(running) = stopped else {
            return Err(Error::NotRunning {
                experiment: name.to_owned(),
            });
        };
        running.wake_released();
        self.settle_here(&running);
        // After the undos, as a waker may hang.
        running.wake();
        Ok(())
    }

    /// Renews the lease of a running experiment, and returns its length.
    pub(super) fn renew(&self, name: &str) -> Result<Duration, Error> {
        let experiment = || name.to_owned();
        let not_running = || Error::NotRunning {
            experiment: experiment(),
        };
        let running = self
            .table()
            .running
            .get(name)
            .map(|active| Arc::clone(&active.running))
            .ok_or_else(not_running)?;
        let lease = running.lease().ok_or_else(|| Error::NoLease {
            experiment: experiment(),
        })?;
        let renewed = lease.renew(Instant::now());
        // Afterwards: an end before the renewal must not look like a success.
        if renewed.is_err() || running.end_reason().is_some() {
            return Err(not_running());
        }
        Ok(lease.length())
    }

    /// Ends every experiment and refuses new ones; undos are left to the cleanup.
    ///
    /// On behalf of a remote client it runs no user code: the thread that serves clients has promises to keep.
    pub(super) fn halt(&self, attribution: Attribution) {
        let waking = match &attribution.by {
            Actor::Remote { .. } => Waking::Later,
            _ => Waking::Here,
        };
        self.halt_and(attribution, HaltSource::Call, waking);
    }

    /// As `halt`, on a thread that must not run user code.
    pub(super) fn halt_quietly(&self, attribution: Attribution, source: HaltSource) {
        self.halt_and(attribution, source, Waking::Later);
    }

    fn halt_and(&self, attribution: Attribution, source: HaltSource, waking: Waking) {
        // First and without a lock: nothing is injected from here on.
        self.switch.halt();
        let (halted, waiting) = {
            let mut table = self.table();
            if table.start_policy.is_switched_off()
                || !table.start_policy.halt(source, &attribution)
            {
                return;
            }
            let halted: Vec<_> = table
                .running
                .all()
                .filter(|active| active.running.close_gate(EndReason::Halted))
                .map(|active| Arc::clone(&active.running))
                .collect();
            (halted, std::mem::take(&mut table.waiting))
        };
        halted.iter().for_each(|running| running.release_held());
        let wakes_here = waking == Waking::Here;
        if wakes_here {
            // Before the cleanup does so at an unknown time: a runtime with a paused clock would move it until then.
            halted.iter().for_each(|running| running.wake_released());
        }
        self.housekeeping.tidy_up_soon();
        self.journal.record(Event::Halted { attribution });
        for Waiting { experiment, .. } in waiting {
            let experiment = experiment.name().to_owned();
            self.journal_refusal(&experiment.clone(), &Error::Halted { experiment });
        }
        if wakes_here {
            // Wakers are user code, so they come last.
            halted.iter().for_each(|running| running.wake());
        }
    }

    pub(super) async fn halted(&self) {
        let resumes = self.table().resumes;
        loop {
            // Created before the check, so that no change in between is missed.
            let settled = self.housekeeping.settled.notified();
            if self.is_settled() || self.table().resumes != resumes {
                return;
            }
            settled.await;
        }
    }

    fn is_settled(&self) -> bool {
        let table = self.table();
        !table.start_policy.is_allowed()
            && table.running.is_empty()
            && table.ended.iter().all(|running| running.is_settled())
    }

    pub(super) fn resume(&self, attribution: Attribution) {
        if self.lift(HaltSource::Call, || attribution) {
            self.housekeeping.notify_settled();
        }
    }

    /// Lifts the halt of one source, and returns whether experiments may start again because of that.
    ///
    /// It runs no user code; callers of `halted` are woken by `notify_settled`.
    pub(super) fn lift(
        &self,
        source: HaltSource,
        attribution: impl FnOnce() -> Attribution,
    ) -> bool {
        {
            let mut table = self.table();
            if !table.start_policy.lift(source) || !table.start_policy.is_allowed() {
                return false;
            }
            table.resumes += 1;
            self.switch.allow();
        }
        self.journal.record(Event::Resumed {
            attribution: attribution(),
        });
        true
    }

    /// Ends experiments whose time limit has passed in virtual time without an operation that noticed.
    pub(super) fn end_overdue(&self) {
        let running: Vec<_> = {
            let table = self.table();
            let active = table.running.all();
            active.map(|active| Arc::clone(&active.running)).collect()
        };
        running
            .iter()
            .for_each(|running| running.finish_if_overdue());
    }

    /// As `end_overdue`, on a thread that must not run user code.
    pub(super) fn end_overdue_quietly(&self) {
        let now = delay::now();
        let overdue: Vec<_> = {
            let table = self.table();
            let active = table.running.all().map(|active| &active.running);
            let overdue = active.filter(|running| running.has_expired(now));
            overdue.map(Arc::clone).collect()
        };
        let ended = overdue
            .iter()
            .filter(|running| running.stop(running.why_expired(now)));
        if ended.count() > 0 {
            self.housekeeping.tidy_up_soon();
        }
    }

    /// Takes all experiments that have ended off the table, and leaves their undos to the cleanup.
    ///
    /// It runs no user code.
    pub(super) fn sweep(&self) {
        for active in self.take_ended() {
            settle_later(active);
        }
    }

    /// Takes all experiments that have ended off the table, and runs the undos of this one on the calling thread.
    ///
    /// If another thread runs them already, it waits for that thread, but not for long.
    pub(super) fn settle_here(&self, running: &Arc<Running>) {
        let mut own = None;
        for active in self.take_ended() {
            if Arc::ptr_eq(&active.running, running) {
                own = Some(active);
            } else {
                settle_later(active);
            }
        }
        match own {
            Some(active) => settle(active, |name, reason| metrics::ended(name, reason)),
            None => wait_for_undos(running),
        }
    }

    /// As `sweep`, with a handle that may be the last one.
    pub(super) fn sweep_and_let_go(self: Arc<Self>) {
        self.sweep();
        self.let_go();
    }

    fn take_ended(&self) -> Vec<Active> {
        let (ended, forgotten) = {
            let mut table = self.table();
            let ended = table.take_ended();
            if !ended.is_empty() {
                table.refresh(&ended.iter().map(Active::as_changed).collect::<Vec<_>>());
            }
            (ended, table.forget_settled())
        };
        // Outside the lock, as it frees much memory.
        drop(forgotten);
        ended
    }

    /// Ends everything because the last handle of the user is dropped.
    pub(super) fn end_all(&self) {
        self.switch.drop_manager();
        let running: Vec<_> = {
            let table = self.table();
            let active = table.running.all();
            active.map(|active| Arc::clone(&active.running)).collect()
        };
        for running in &running {
            running.stop(EndReason::ManagerDropped);
        }
        running.iter().for_each(|running| running.wake_released());
        for active in self.take_ended() {
            if active.running.end_reason() == Some(&EndReason::ManagerDropped) {
                settle(active, |name, reason| metrics::ended(name, reason));
            } else {
                settle_later(active);
            }
        }
        // After the undos, as a waker may hang.
        running.iter().for_each(|running| running.wake());
        self.housekeeping.notify_settled();
        self.journal.flush(PATIENCE);
    }
}

/// The thread that wakes the tasks of halted experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waking {
    Here,
    /// A cleanup thread, as this one must not run user code.
    Later,
}

impl ObeysHaltFile for Inner {
    fn file_exists(&self, path: &Path, why_unchecked: Option<String>) {
        let attribution = Attribution::new(Actor::file(path), why_unchecked);
        self.halt_quietly(attribution, HaltSource::File);
    }

    fn file_is_gone(&self, path: &Path) {
        if self.lift(HaltSource::File, || Actor::file(path).into()) {
            let housekeeping = Arc::clone(&self.housekeeping);
            cleanup::submit(move || housekeeping.notify_settled());
        }
    }

    fn let_go(self: Arc<Self>) {
        // With the last handle go probes, which are user code.
        if let Some(last) = Arc::into_inner(self) {
            cleanup::submit(move || drop(last));
        }
    }
}
