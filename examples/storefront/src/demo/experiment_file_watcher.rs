//! Watches a file of experiments, and runs its last valid version.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chaos_core::{ChaosManager, ExperimentFile, ExperimentGuards};
use storefront::BoxError;

/// Watches a file of experiments, and runs its last valid version.
#[derive(Debug)]
pub(crate) struct ExperimentFileWatcher<'a> {
    chaos: &'a ChaosManager,
    path: PathBuf,
    /// The version at the last poll, and the one that was loaded last.
    polled: Option<Version>,
    loaded: Option<Version>,
    file: ExperimentFile,
    guards: ExperimentGuards,
}

/// Modification time and length, which change with the file.
type Version = (SystemTime, u64);

impl<'a> ExperimentFileWatcher<'a> {
    pub(crate) fn new(chaos: &'a ChaosManager, path: &Path) -> Self {
        Self {
            chaos,
            path: path.to_owned(),
            polled: None,
            loaded: None,
            file: ExperimentFile::new(Vec::new()),
            guards: ExperimentGuards::default(),
        }
    }

    /// Loads the file if it has changed since it was loaded, but not since the last poll, when it may have been half
    /// written. Returns the names of its experiments.
    pub(crate) fn poll(&mut self) -> Option<Result<Vec<String>, BoxError>> {
        let version = version(&self.path);
        let is_settled = std::mem::replace(&mut self.polled, version) == version;
        if !is_settled || version == self.loaded {
            return None;
        }
        self.loaded = version;
        Some(self.load())
    }

    fn load(&mut self) -> Result<Vec<String>, BoxError> {
        let file = match self.loaded {
            Some(_) => ExperimentFile::read(&self.path)?,
            None => ExperimentFile::new(Vec::new()),
        };
        // Ended first, because new experiments may have the same names.
        self.guards = ExperimentGuards::default();
        match self.chaos.start_file(file.clone()) {
            Ok(guards) => {
                self.guards = guards;
                self.file = file;
                let names = self.guards.iter().map(|guard| guard.name().to_owned());
                Ok(names.collect())
            }
            Err(error) => {
                let restarted = self.chaos.start_file(self.file.clone());
                self.guards = restarted.unwrap_or_default();
                Err(error.into())
            }
        }
    }
}

fn version(path: &Path) -> Option<Version> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

#[cfg(test)]
mod tests {
    use chaos_core::{Environment, Error, ExperimentState};

    use super::*;

    const SLOW: &str = "version: 1\nexperiments: [{ name: slow, fault: { latency: 1s }, \
                        blast_radius: { points_at: bank } }]";

    fn is_running(chaos: &ChaosManager) -> bool {
        let is_running = |state: &ExperimentState| matches!(state, ExperimentState::Running { .. });
        chaos.status().iter().any(|one| is_running(&one.state))
    }

    #[test]
    fn the_last_valid_version_of_the_file_runs() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chaos.yaml");
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let _bank = chaos.site("bank");
        let mut watcher = ExperimentFileWatcher::new(&chaos, &path);
        let mut write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            assert!(watcher.poll().is_none(), "it may be half written");
            watcher.poll().unwrap()
        };
        assert_eq!(write(SLOW).unwrap(), ["slow"]);
        let error = write("version: 1\nexperiments: [{").unwrap_err();
        assert!(error.to_string().contains("chaos.yaml"), "{error}");
        let unsupported = SLOW.replace("latency: 1s", "server_sleep: 1s");
        assert!(write(&unsupported).unwrap_err().is::<Error>());
        assert!(is_running(&chaos), "the last version runs again");

        std::fs::remove_file(&path).unwrap();
        assert!(watcher.poll().is_none());
        assert_eq!(watcher.poll().unwrap().unwrap(), [""; 0]);
        assert!(!is_running(&chaos));
        assert!(watcher.poll().is_none());
    }
}
