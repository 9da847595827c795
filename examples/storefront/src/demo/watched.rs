//! A file of experiments that is watched: what it says runs.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chaos_core::error::FileError;
use chaos_core::{ChaosManager, Error, Experiment, ExperimentFile, ExperimentGuard};

/// A file, and what of it runs.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    chaos: &'a ChaosManager,
    path: PathBuf,
    /// As it was when it was last taken, and when it was last looked at.
    taken: Option<Stamp>,
    seen: Option<Stamp>,
    running: Vec<(Experiment, ExperimentGuard)>,
}

/// What changes when a file does.
type Stamp = (SystemTime, u64);

/// Why a file was not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    Unreadable(FileError),
    Refused(Error),
}

impl std::fmt::Display for NotTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl<'a> Watched<'a> {
    pub(crate) fn new(chaos: &'a ChaosManager, path: &Path) -> Self {
        Self {
            chaos,
            path: path.to_owned(),
            taken: None,
            seen: None,
            running: Vec::new(),
        }
    }

    /// Looks whether the file has changed, and is as it was at the last look; if so, says what runs now, or why what ran goes on.
    pub(crate) fn look(&mut self) -> Option<Result<Vec<String>, NotTaken>> {
        let stamp = stamp(&self.path);
        let is_being_written = std::mem::replace(&mut self.seen, stamp) != stamp;
        if is_being_written || stamp == self.taken {
            return None;
        }
        self.taken = stamp;
        let taken = self.take();
        Some(taken.map(|()| {
            self.running
                .iter()
                .map(|(_, guard)| guard.name().to_owned())
                .collect()
        }))
    }

    fn take(&mut self) -> Result<(), NotTaken> {
        let wanted = match self.taken {
            Some(_) => ExperimentFile::read(&self.path)
                .map_err(NotTaken::Unreadable)?
                .into_experiments(),
            None => Vec::new(),
        };
        let is_wanted = |(experiment, guard): &(Experiment, ExperimentGuard)| {
            guard.ended().is_none() && wanted.contains(experiment)
        };
        let (same, gone): (Vec<_>, Vec<_>) = self.running.drain(..).partition(is_wanted);
        self.running = same;
        let is_new = |one: &Experiment| self.running.iter().all(|(same, _)| same != one);
        let new: Vec<_> = wanted.iter().filter(|one| is_new(one)).cloned().collect();
        // What goes has to go first: what comes may have its name.
        let gone: Vec<_> = gone
            .into_iter()
            .map(|(experiment, guard)| (experiment, guard.ended().is_some()))
            .collect();
        self.start(new).map_err(|error| {
            let ran = gone
                .into_iter()
                .filter(|(_, had_ended)| !had_ended)
                .map(|(ran, _)| ran);
            // It did start before.
            let _ = self.start(ran.collect());
            NotTaken::Refused(error)
        })
    }

    fn start(&mut self, experiments: Vec<Experiment>) -> Result<(), Error> {
        let guards = self
            .chaos
            .start_file(ExperimentFile::new(experiments.clone()))?;
        self.running.extend(experiments.into_iter().zip(guards));
        Ok(())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

#[cfg(test)]
mod tests {
    use chaos_core::{Environment, ExperimentState};

    use super::*;

    const SLOW: &str = "version: 1\nexperiments: [{ name: slow, fault: { latency: 1s }, \
                        blast_radius: { points_at: bank } }]";

    fn is_running(chaos: &ChaosManager) -> bool {
        let is_running = |state: &ExperimentState| matches!(state, ExperimentState::Running { .. });
        chaos.status().iter().any(|one| is_running(&one.state))
    }

    fn names(looked: Option<Result<Vec<String>, NotTaken>>) -> Vec<String> {
        looked.unwrap().unwrap()
    }

    #[test]
    fn what_runs_is_what_the_file_last_said_that_made_sense() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chaos.yaml");
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let _bank = chaos.site("bank");
        let mut watched = Watched::new(&chaos, &path);
        let mut write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            assert!(watched.look().is_none(), "it may not be written to its end");
            watched.look()
        };
        assert_eq!(names(write(SLOW)), ["slow"]);
        let said = write("version: 1\nexperiments: [{").unwrap().unwrap_err();
        assert!(said.to_string().contains("chaos.yaml"), "{said}");
        let refused = SLOW.replace("latency: 1s", "server_sleep: 1s");
        assert!(matches!(write(&refused), Some(Err(NotTaken::Refused(_)))));
        assert!(is_running(&chaos), "it was started again");

        std::fs::remove_file(&path).unwrap();
        assert!(watched.look().is_none());
        assert_eq!(names(watched.look()), [""; 0]);
        assert!(!is_running(&chaos));
        assert!(watched.look().is_none());
    }
}
