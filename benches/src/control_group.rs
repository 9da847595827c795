//! Control groups for benchmarks. Creating them needs root and writable groups.

use std::fs;
use std::path::{Path, PathBuf};

/// A control group that is removed when it is dropped.
#[derive(Debug)]
pub struct Group(PathBuf);

impl Group {
    /// Creates a group with a quota of half a core, in the hierarchy of version 1 if there is one.
    #[must_use]
    pub fn with_half_a_core() -> Option<Self> {
        let quota = [
            ("cpu.cfs_period_us", "100000"),
            ("cpu.cfs_quota_us", "50000"),
        ];
        Self::create("/sys/fs/cgroup/cpu", &quota)
            .or_else(|| Self::create("/sys/fs/cgroup", &[("cpu.max", "50000 100000")]))
    }

    /// Creates a group with a memory limit.
    #[must_use]
    pub fn with_memory(bytes: u64) -> Option<Self> {
        let bytes = bytes.to_string();
        Self::create(
            "/sys/fs/cgroup/memory",
            &[("memory.limit_in_bytes", &bytes)],
        )
        .or_else(|| Self::create("/sys/fs/cgroup", &[("memory.max", &bytes)]))
    }

    fn create(parent: &str, limits: &[(&str, &str)]) -> Option<Self> {
        if !Path::new(parent).join("cgroup.procs").exists() {
            return None;
        }
        let group = Self(Path::new(parent).join(format!("chaos-bench-{}", std::process::id())));
        fs::create_dir(&group.0).ok()?;
        for (name, value) in limits {
            fs::write(group.0.join(name), value).ok()?;
        }
        Some(group)
    }

    /// Whether the group is in a hierarchy of version 1.
    #[must_use]
    pub fn is_version_1(&self) -> bool {
        !self.0.join("cgroup.controllers").exists()
    }

    /// Returns the path as an argument for a child process.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Moves this process into a group.
///
/// # Panics
///
/// When the group does not exist.
pub fn join(path: &str) {
    let own = std::process::id().to_string();
    fs::write(Path::new(path).join("cgroup.procs"), own).expect("the group exists");
}
