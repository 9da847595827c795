//! What this process may use, and what of it is in use.
//!
//! Reading is thin and parsing is pure. Files that are read again and again are opened once, beforehand: they can
//! still be read when no descriptor is left.

mod cgroup;
mod cpu;
mod descriptors;
mod kept_file;
mod memory;
mod mounts;
mod threads;

pub(super) use cpu::{Cores, CpuLimits};
pub(super) use descriptors::descriptor_bound;
pub(super) use kept_file::Unreadable;
pub(super) use memory::MemoryLimits;
pub(super) use threads::ThreadLimits;

use std::path::Path;

/// The root of the files that tell of the system.
pub(super) fn root() -> &'static Path {
    Path::new("/")
}

/// One limit, and what is used of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) name: String,
    pub(super) limit: u64,
    pub(super) used: u64,
}

#[cfg(test)]
pub(super) mod fake {
    //! A directory of made-up files, for tests.

    use std::fs;
    use std::path::{Path, PathBuf};

    pub(in crate::pressure) struct Files(PathBuf);

    impl Files {
        /// Of these paths and contents; the name must be the test's own.
        pub(in crate::pressure) fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("chaos-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            let made = Self(root);
            for (path, text) in files {
                made.write(path, text);
            }
            made
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

    impl Drop for Files {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
