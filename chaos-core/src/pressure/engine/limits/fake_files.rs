//! A directory of fake system files, for tests.

use std::fs;
use std::path::{Path, PathBuf};

pub(in crate::pressure) struct FakeFiles(PathBuf);

impl FakeFiles {
    /// Creates files with the given paths and contents; each test needs a unique name.
    pub(in crate::pressure) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("chaos-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let fake = Self(root);
        for (path, text) in files {
            fake.write(path, text);
        }
        fake
    }

    pub(in crate::pressure) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(in crate::pressure) fn root(&self) -> &Path {
        &self.0
    }
}

impl Drop for FakeFiles {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
