//! The halt file, which halts a manager from outside the process.
//!
//! Looking at a file may take forever, so a dedicated thread looks, and the guardian reads what it saw. A file that
//! can't be looked at for the grace period counts as one that exists.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::Error;
use crate::guardian::{self, Duty, Next, Watch};

/// The interval of looks at the file, and of checks that it can be looked at.
const EVERY: Duration = Duration::from_millis(50);

/// What a halt file halts; the guardian calls it, so it waits for nothing and runs no user code.
pub(super) trait ObeysHaltFile: Send + Sync {
    /// The file exists, or can't be checked, for this reason; called at every look.
    fn file_exists(&self, path: &Path, why_unchecked: Option<String>);

    /// The file does not exist; called at every look.
    fn file_is_gone(&self, path: &Path);

    /// Drops a handle, which may be the last one.
    fn let_go(self: Arc<Self>);
}

/// Watches a halt file until it is dropped.
pub(super) struct HaltFile {
    sight: Arc<Sight>,
    watch: Option<Watch>,
}

/// What the looking thread has seen last.
struct Sight {
    path: PathBuf,
    last: Mutex<Last>,
}

struct Last {
    exists: bool,
    at: Instant,
    /// Why the latest look failed.
    problem: Option<String>,
    watched: bool,
}

impl HaltFile {
    /// Looks once, and has both threads continue; returns whether the file exists.
    ///
    /// # Errors
    ///
    /// When the file can't be looked at, its directory does not exist, or a thread can't be started.
    pub(super) fn watch(
        path: PathBuf,
        grace: Duration,
        manager: Weak<dyn ObeysHaltFile>,
    ) -> Result<(Self, bool), Error> {
        let failed = |source| Error::HaltFile {
            path: path.display().to_string(),
            source,
        };
        let exists = look(&path).map_err(failed)?;
        let sight = Arc::new(Sight {
            last: Mutex::new(Last {
                exists,
                at: Instant::now(),
                problem: None,
                watched: true,
            }),
            path,
        });
        let duty = ObeyHaltFile {
            sight: Arc::clone(&sight),
            grace,
            manager,
        };
        let looking = duty.clone();
        std::thread::Builder::new()
            .name("chaos-halt-file".to_owned())
            .spawn(move || looking.keep_looking())
            .map_err(Error::NoGuardian)?;
        // From here on, dropping it ends the thread.
        let mut watched = Self { sight, watch: None };
        let watch = guardian::watch(Instant::now(), Arc::new(duty));
        watched.watch = Some(watch.map_err(Error::NoGuardian)?);
        Ok((watched, exists))
    }
}

impl Drop for HaltFile {
    fn drop(&mut self) {
        self.sight.last().watched = false;
    }
}

impl Sight {
    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks once, and returns whether the file appeared or went; `None` if it is no longer watched.
    fn look_again(&self) -> Option<bool> {
        let seen = look(&self.path);
        let mut last = self.last();
        if !last.watched {
            return None;
        }
        match seen {
            Ok(exists) => {
                last.at = Instant::now();
                last.problem = None;
                Some(std::mem::replace(&mut last.exists, exists) != exists)
            }
            Err(error) => {
                last.problem = Some(error.to_string());
                Some(false)
            }
        }
    }
}

/// Whether a file exists; an error if that can't be known, also because its directory is gone.
fn look(path: &Path) -> io::Result<bool> {
    if path.try_exists()? {
        return Ok(true);
    }
    let directory = match path.parent() {
        Some(directory) if directory.as_os_str().is_empty() => Path::new("."),
        Some(directory) => directory,
        None => return Ok(false),
    };
    if directory.is_dir() {
        return Ok(false);
    }
    let problem = format!("there is no directory {}", directory.display());
    Err(io::Error::new(io::ErrorKind::NotFound, problem))
}

/// Halts a manager once its halt file exists, or can't be looked at for too long.
#[derive(Clone)]
struct ObeyHaltFile {
    sight: Arc<Sight>,
    grace: Duration,
    manager: Weak<dyn ObeysHaltFile>,
}

impl ObeyHaltFile {
    fn keep_looking(&self) {
        while let Some(changed) = self.sight.look_again() {
            if changed {
                guardian::perform_soon(ObeyOnce(self.clone()));
            }
            std::thread::sleep(EVERY);
        }
    }

    /// Halts, or lifts the halt, according to what was seen last.
    fn obey(&self, now: Instant) {
        let Some(manager) = self.manager.upgrade() else {
            return;
        };
        let last = self.sight.last();
        let unseen_for = now.saturating_duration_since(last.at);
        let halts = if last.exists {
            Some(None)
        } else if unseen_for >= self.grace {
            let why = last.problem.as_deref().unwrap_or("no answer");
            let why = format!("it could not be checked for {unseen_for:.0?}: {why}");
            Some(Some(why))
        } else {
            None
        };
        drop(last);
        match halts {
            Some(why) => manager.file_exists(&self.sight.path, why),
            None => manager.file_is_gone(&self.sight.path),
        }
        manager.let_go();
    }
}

impl Duty for ObeyHaltFile {
    fn perform(&self, now: Instant) -> Next {
        self.obey(now);
        Next::At(now + EVERY)
    }
}

/// Obeys as soon as the file appears or goes, instead of at the next interval.
struct ObeyOnce(ObeyHaltFile);

impl Duty for ObeyOnce {
    fn perform(&self, now: Instant) -> Next {
        self.0.obey(now);
        Next::Never
    }
}

#[cfg(test)]
#[path = "halt_file_tests.rs"]
mod tests;
