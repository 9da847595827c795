//! Ends experiments, by name or all at once, and tidies up afterwards.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::duties::HaltFile;
use super::inner::Inner;
use super::table::{Active, StartPolicy, Waiting};
use crate::guardian;
use crate::journal::Event;
use crate::running::{Running, Supervisor};
use crate::{EndReason, Error, metrics};

impl Inner {
    /// Halts if a file exists already, and has the guardian poll for it from now on.
    ///
    /// # Errors
    ///
    /// When the guardian can't be started, or the file can't be checked for existence.
    pub(super) fn watch_halt_file(self: &Arc<Self>, path: PathBuf) -> Result<(), Error> {
        path.try_exists().map_err(|source| Error::HaltFile {
            path: path.display().to_string(),
            source,
        })?;
        self.halt_if_file_exists(&path);
        let duty = HaltFile {
            path,
            manager: Arc::downgrade(self),
        };
        let watch = guardian::watch(Instant::now(), Arc::new(duty)).map_err(Error::NoGuardian)?;
        *self
            .halt_file
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }

    pub(super) fn halt_if_file_exists(self: &Arc<Self>, path: &Path) {
        if path.exists() {
            self.halt(&format!("the halt file {}", path.display()));
        }
    }

    pub(super) fn stop(self: &Arc<Self>, name: &str) -> Result<(), Error> {
        let running = self
            .table()
            .running
            .get(name)
            .map(|active| Arc::clone(&active.running));
        let stopped = running.is_some_and(|running| running.finish(EndReason::Stopped));
        if !stopped {
            return Err(Error::NotRunning {
                experiment: name.to_owned(),
            });
        }
        self.sweep();
        Ok(())
    }

    /// Ends every experiment and refuses new ones; work that may take time is left to the sweep.
    pub(super) fn halt(self: &Arc<Self>, by: &str) {
        let (halted, waiting) = {
            let mut table = self.table();
            if table.start_policy != StartPolicy::Allowed {
                return;
            }
            table.start_policy = StartPolicy::Halted;
            let halted: Vec<_> = table
                .running
                .values()
                .filter(|active| active.running.close_gate(EndReason::Halted))
                .map(|active| Arc::clone(&active.running))
                .collect();
            (halted, std::mem::take(&mut table.waiting))
        };
        halted.iter().for_each(|running| running.stop_faults());
        // Wakers are user code, so they run outside the lock, and once every fault has stopped.
        halted.iter().for_each(|running| running.wake_waiters());
        if halted.is_empty() {
            self.sweep();
        } else {
            self.housekeeping.tidy_up_soon();
        }
        self.journal.record(Event::Halted { by: by.to_owned() });
        for Waiting { experiment, .. } in waiting {
            let experiment = experiment.name().to_owned();
            self.journal_refusal(&experiment.clone(), &Error::Halted { experiment });
        }
    }

    pub(super) async fn halted(&self) {
        let resumes = self.table().resumes;
        loop {
            // Created before the check, so that no change in between is missed.
            let settled = self.housekeeping.settled().notified();
            if self.is_settled() || self.table().resumes != resumes {
                return;
            }
            settled.await;
        }
    }

    fn is_settled(&self) -> bool {
        let table = self.table();
        table.start_policy != StartPolicy::Allowed
            && table.running.is_empty()
            && table.ended.iter().all(|running| running.is_settled())
    }

    pub(super) fn resume(&self) {
        {
            let mut table = self.table();
            if table.start_policy != StartPolicy::Halted {
                return;
            }
            table.start_policy = StartPolicy::Allowed;
            table.resumes += 1;
        }
        self.housekeeping.notify_settled();
        self.journal.record(Event::Resumed);
    }

    /// Ends experiments whose time limit has passed in virtual time without an operation that noticed.
    pub(super) fn end_overdue(&self) {
        let running: Vec<_> = {
            let table = self.table();
            let active = table.running.values();
            active.map(|active| Arc::clone(&active.running)).collect()
        };
        running
            .iter()
            .for_each(|running| running.finish_if_overdue());
    }

    /// Tidies up after all experiments that have ended: plans, undos, journal.
    pub(super) fn sweep(&self) {
        let ended = {
            let mut table = self.table();
            let ended = table.take_ended();
            if !ended.is_empty() {
                table.refresh(&ended.iter().map(Active::as_changed).collect::<Vec<_>>());
            }
            ended
        };
        for Active {
            running, watches, ..
        } in ended
        {
            drop(watches);
            settle(&running);
        }
        self.housekeeping.notify_settled();
    }
}

/// Runs the undos of an ended experiment, and journals how it ended.
fn settle(running: &Running) {
    let journal = running.journal();
    running.release_held();
    running.journal_failed_undos(running.undos().run());
    if let Some(reason) = running.end_reason() {
        metrics::ended(reason);
        journal.record(Event::Ended {
            experiment: running.name().to_string(),
            reason: reason.clone(),
            injected: running.gate().injected(),
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for active in self.table().running.values() {
            active.running.close_gate(EndReason::ManagerDropped);
        }
        self.sweep();
    }
}
