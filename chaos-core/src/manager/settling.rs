//! What is done once after an ended experiment has left the table: undos, journal, metrics.

use std::sync::Arc;

use super::active::Active;
use crate::journal::Event;
use crate::running::{PATIENCE, Running};
use crate::{EndReason, cleanup, metrics};

/// Settles an experiment on the calling thread, which may run user code.
pub(super) fn settle(active: Active, count: impl FnOnce(&Arc<str>, &EndReason)) {
    let Active {
        running, watches, ..
    } = active;
    drop(watches);
    running.release_held();
    let reason = running.end_reason();
    // The end is in the journal before a wait for it returns.
    running.undos.run(|failed| {
        journal_failed_undos(&running, failed);
        if let Some(reason) = reason {
            running.journal.record(Event::Ended {
                experiment: running.name.to_string(),
                environment: Some(running.environment),
                reason: reason.clone(),
                injected: running.gate.injected(),
                why_idle: running.why_idle(),
            });
        }
    });
    if let Some(reason) = reason {
        count(&running.name, reason);
    }
    running.notify_settled();
}

/// Settles an experiment on a cleanup thread, which a hung recorder must not occupy.
pub(super) fn settle_later(active: Active) {
    active.running.release_held();
    // By themselves: a waker that hangs must delay no undo, and an undo no waker.
    let running = Arc::clone(&active.running);
    cleanup::submit(move || running.wake());
    cleanup::submit(move || {
        settle(active, |experiment, reason| {
            let (experiment, reason) = (Arc::clone(experiment), reason.clone());
            metrics::later(move || metrics::ended(&experiment, &reason));
        });
    });
}

/// Journals the number of undos that panicked, if any.
pub(super) fn journal_failed_undos(running: &Running, failed: usize) {
    if failed > 0 {
        running.journal.record(Event::UndoFailed {
            experiment: running.name.to_string(),
            failed,
        });
    }
}

/// Waits until the undos of an ended experiment have run, or for too long.
pub(super) fn wait_for_undos(running: &Running) {
    if !running.undos.wait(PATIENCE) {
        running.journal.record(Event::UndoPending {
            experiment: running.name.to_string(),
        });
    }
}
