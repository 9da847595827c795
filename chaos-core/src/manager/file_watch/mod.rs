//! Watches a file of experiments, or a directory of such files, and keeps the experiments matching it.

mod matching;
mod snapshot;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::inner::Inner;
use crate::Error;
use crate::journal::Event;
use matching::Matched;
use snapshot::Snapshot;

/// The interval of looks at the file.
const EVERY: Duration = Duration::from_millis(250);

/// Keeps experiments matching a file until it is dropped, which ends them.
#[must_use = "dropping it ends the experiments of the file; `detach` leaves them to it"]
pub struct FileWatch {
    /// Its drop ends the thread.
    stop: Option<Sender<()>>,
    watched: Arc<Mutex<Matched>>,
}

impl Inner {
    /// Starts what a file contains, and has a thread keep it matching.
    pub(super) fn watch_file(self: &Arc<Self>, path: &Path) -> Result<FileWatch, Error> {
        let mut watcher = Watcher {
            manager: Arc::downgrade(self),
            path: path.to_owned(),
            seen: Snapshot::take(path),
            in_force: None,
            refused: None,
            watched: Arc::default(),
        };
        match watcher.match_now() {
            // A service must start while its halt file exists or no window is open, and before its sites register.
            Err(error) if error.may_pass() || matches!(error, Error::NothingToJudge { .. }) => {
                watcher.refuse(&error);
            }
            matched => matched?,
        }
        let (stop, stopped) = channel();
        let watched = Arc::clone(&watcher.watched);
        std::thread::Builder::new()
            .name("chaos-file-watch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout)
                    && watcher.manager.strong_count() > 0
                {
                    watcher.look();
                }
            })
            .map_err(Error::NoGuardian)?;
        Ok(FileWatch {
            stop: Some(stop),
            watched,
        })
    }
}

impl FileWatch {
    /// Leaves the file watched until the manager is dropped.
    pub fn detach(mut self) {
        if let Some(stop) = self.stop.take() {
            std::mem::forget(stop);
        }
    }
}

impl Drop for FileWatch {
    fn drop(&mut self) {
        if self.stop.take().is_some() {
            let guards = lock(&self.watched).close();
            // Outside the lock, as their undos are user code.
            drop(guards);
        }
    }
}

impl fmt::Debug for FileWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWatch").finish_non_exhaustive()
    }
}

/// Looks at the file, on a thread of its own: a look may take forever.
struct Watcher {
    manager: Weak<Inner>,
    path: PathBuf,
    /// What was seen last: a file is read only when it no longer changes.
    seen: Snapshot,
    in_force: Option<Snapshot>,
    /// What was refused last, and why; a temporary reason is tried again, and journalled once.
    refused: Option<(Snapshot, String)>,
    watched: Arc<Mutex<Matched>>,
}

impl Watcher {
    fn look(&mut self) {
        let now = Snapshot::take(&self.path);
        let is_settled = now == self.seen;
        self.seen = now;
        if !is_settled || self.in_force.as_ref() == Some(&self.seen) {
            return;
        }
        if let Err(error) = self.match_now() {
            self.refuse(&error);
        }
    }

    /// Journals why the file is refused, once for as long as the reason stays the same.
    fn refuse(&mut self, error: &Error) {
        let why = error.to_string();
        let refused = (self.seen.clone(), why.clone());
        if self.refused.as_ref() != Some(&refused)
            && let Some(manager) = self.manager.upgrade()
        {
            manager.journal.record(Event::FileRefused {
                path: self.path.display().to_string(),
                why,
            });
        }
        self.refused = Some(refused);
    }

    /// Starts and stops experiments so that they match what was seen last.
    fn match_now(&mut self) -> Result<(), Error> {
        let Some(manager) = self.manager.upgrade() else {
            return Ok(());
        };
        let file = snapshot::read(&self.path, &self.seen)?;
        let names = file
            .experiments()
            .iter()
            .map(|one| one.name().to_owned())
            .collect();
        let ended = {
            let request = matching::request(&file, &lock(&self.watched));
            let experiments = file.into_experiments();
            let (kept, started) = matching::start(&manager, &self.watched, experiments, &request)?;
            let mut watched = lock(&self.watched);
            watched.put(&kept, started)
        };
        drop(ended);
        self.in_force = Some(self.seen.clone());
        self.refused = None;
        manager.journal.record(Event::FileMatched {
            path: self.path.display().to_string(),
            experiments: names,
        });
        Ok(())
    }
}

fn lock(watched: &Mutex<Matched>) -> MutexGuard<'_, Matched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}
