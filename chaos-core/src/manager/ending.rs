//! Ending experiments: by name, all at once, and tidying up after whatever ended.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::control::{Kept, Order, Waiting};
use super::inner::Inner;
use crate::guardian::{self, HaltFile};
use crate::journal::Event;
use crate::running::Running;
use crate::{EndReason, Error, metrics};

impl Inner {
    /// Halts if a file exists already, and has the guardian look for it from now on.
    ///
    /// # Errors
    ///
    /// When the guardian can't be started, or nobody could tell whether the file exists.
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

    pub(crate) fn halt_if_file_exists(self: &Arc<Self>, path: &Path) {
        if path.exists() {
            self.halt(&format!("the halt file {}", path.display()));
        }
    }

    pub(super) fn stop(self: &Arc<Self>, name: &str) -> Result<(), Error> {
        let running = self
            .control()
            .running
            .get(name)
            .map(|kept| Arc::clone(&kept.running));
        let stopped = running.is_some_and(|running| running.close(EndReason::Stopped));
        if !stopped {
            return Err(Error::NotRunning {
                experiment: name.to_owned(),
            });
        }
        self.sweep();
        Ok(())
    }

    /// Ends everything and lets nothing start; what may take time is left to the sweep.
    pub(crate) fn halt(self: &Arc<Self>, by: &str) {
        let (halted, waiting) = {
            let mut control = self.control();
            if control.order != Order::Go {
                return;
            }
            control.order = Order::Halt;
            let halted: Vec<_> = control
                .running
                .values()
                .filter(|kept| kept.running.shut(EndReason::Halted))
                .map(|kept| Arc::clone(&kept.running))
                .collect();
            (halted, std::mem::take(&mut control.waiting))
        };
        // Wakers are other people's code: they run outside the lock.
        halted.iter().for_each(|running| running.let_go());
        if halted.is_empty() {
            self.sweep();
        } else {
            self.services().sweep_soon(&Arc::downgrade(self));
        }
        self.services()
            .journal
            .record(Event::Halted { by: by.to_owned() });
        for Waiting { experiment, .. } in waiting {
            let experiment = experiment.name().to_owned();
            self.tell_of_refusal(&experiment.clone(), &Error::Halted { experiment });
        }
    }

    pub(super) async fn halted(&self) {
        let resumes = self.control().resumes;
        loop {
            let quiet = self.services().quiet.notified();
            tokio::pin!(quiet);
            // Registered before looking, so that nothing in between is slept through.
            quiet.as_mut().enable();
            if self.is_quiet() || self.control().resumes != resumes {
                return;
            }
            quiet.await;
        }
    }

    fn is_quiet(&self) -> bool {
        let control = self.control();
        control.order != Order::Go
            && control.running.is_empty()
            && control.ended.iter().all(|running| running.is_settled())
    }

    pub(super) fn resume(&self) {
        {
            let mut control = self.control();
            if control.order != Order::Halt {
                return;
            }
            control.order = Order::Go;
            control.resumes += 1;
        }
        self.services().quiet.notify_waiters();
        self.services().journal.record(Event::Resumed);
    }

    /// Ends what virtual time has passed the limit of, though no operation has come by to notice.
    pub(super) fn end_overdue(&self) {
        let running: Vec<_> = {
            let control = self.control();
            let kept = control.running.values();
            kept.map(|kept| Arc::clone(&kept.running)).collect()
        };
        running.iter().for_each(|running| running.end_if_overdue());
    }

    /// Tidies up after all experiments that have ended: plans, undos, journal.
    pub(crate) fn sweep(&self) {
        let ended = {
            let mut control = self.control();
            let ended = control.take_ended();
            if !ended.is_empty() {
                control.refresh(&ended.iter().map(|kept| &kept.running).collect::<Vec<_>>());
            }
            ended
        };
        for Kept {
            running, watches, ..
        } in ended
        {
            drop(watches);
            settle(&running);
        }
        self.services().quiet.notify_waiters();
    }
}

/// Puts back what an ended experiment changed, and says how it ended.
fn settle(running: &Running) {
    let journal = &running.services().journal;
    running.let_go();
    running.tell_of_failed_undos(running.undos().run());
    if let Some(reason) = running.end() {
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
        for kept in self.control().running.values() {
            kept.running.shut(EndReason::ManagerDropped);
        }
        self.sweep();
    }
}
