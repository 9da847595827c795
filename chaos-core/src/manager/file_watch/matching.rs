//! Starts and stops experiments so that those that run are those of a file.

use std::sync::{Arc, Mutex};

use super::super::guard::ExperimentGuard;
use super::super::inner::Inner;
use super::super::start_request::{Replaces, StartRequest};
use super::lock;
use crate::{Error, Experiment, ExperimentFile};

/// An experiment of a file, and its guard.
pub(super) type Followed = (Experiment, ExperimentGuard);

/// The experiments of the last version of a file.
#[derive(Default)]
pub(super) struct Matched {
    running: Vec<Followed>,
    is_closed: bool,
}

impl Matched {
    /// Ends the watch: what comes later is not kept.
    pub(super) fn close(&mut self) -> Vec<ExperimentGuard> {
        self.is_closed = true;
        self.take_all()
    }

    fn take_all(&mut self) -> Vec<ExperimentGuard> {
        let running = std::mem::take(&mut self.running);
        running.into_iter().map(|(_, guard)| guard).collect()
    }

    /// Keeps these unchanged experiments and adds the started ones; returns the guards of all others.
    pub(super) fn put(
        &mut self,
        kept: &[String],
        mut started: Vec<Followed>,
    ) -> Vec<ExperimentGuard> {
        if self.is_closed {
            return started.into_iter().map(|(_, guard)| guard).collect();
        }
        let running = std::mem::take(&mut self.running);
        let (kept, ended): (Vec<_>, Vec<_>) = running
            .into_iter()
            .partition(|(experiment, _)| kept.iter().any(|name| name == experiment.name()));
        self.running = kept;
        self.running.append(&mut started);
        ended.into_iter().map(|(_, guard)| guard).collect()
    }

    fn has(&self, experiment: &Experiment) -> bool {
        self.running.iter().any(|(known, _)| known == experiment)
    }
}

/// A start on behalf of the file, which may take the places of what the file has started before.
pub(super) fn request(file: &ExperimentFile, matched: &Matched) -> StartRequest {
    let ids = matched.running.iter().map(|(_, guard)| guard.running().id);
    StartRequest::file(file).replacing(Replaces::AnyOf(ids.collect()))
}

/// Starts all experiments that are new or have changed, or none; returns also the names of the unchanged ones.
///
/// An unchanged experiment that has ended by itself stays ended: starting it again would undo its time limit.
pub(super) fn start(
    manager: &Arc<Inner>,
    matched: &Mutex<Matched>,
    experiments: Vec<Experiment>,
    request: &StartRequest,
) -> Result<(Vec<String>, Vec<Followed>), Error> {
    let (kept, changed): (Vec<_>, Vec<_>) = {
        let matched = lock(matched);
        experiments.into_iter().partition(|one| matched.has(one))
    };
    let kept = kept.iter().map(|one| one.name().to_owned()).collect();
    if changed.is_empty() {
        return Ok((kept, Vec::new()));
    }
    let started = manager.try_start(changed.clone(), request);
    let guards = started.map_err(|(_, error)| error)?;
    Ok((kept, changed.into_iter().zip(guards).collect()))
}
