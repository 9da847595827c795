//! Control groups for this benchmark. Creating them needs root and writable groups.

use std::fs;
use std::path::{Path, PathBuf};

/// A control group that is removed when it is dropped.
pub(crate) struct Group(PathBuf);

impl Group {
    /// Creates a group with a quota of half a core.
    pub(crate) fn with_half_a_core() -> Option<Self> {
        Self::create("/sys/fs/cgroup/cpu", &[("cpu.cfs_quota_us", "50000")])
            .or_else(|| Self::create("/sys/fs/cgroup", &[("cpu.max", "50000 100000")]))
    }

    /// Creates a group with a memory limit.
    pub(crate) fn with_memory(bytes: u64) -> Option<Self> {
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

    /// Returns the path as an argument for a child process.
    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Moves this process into a group.
pub(crate) fn join(path: &str) {
    let own = std::process::id().to_string();
    fs::write(Path::new(path).join("cgroup.procs"), own).expect("the group exists");
}
