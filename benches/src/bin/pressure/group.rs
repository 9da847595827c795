//! Control groups of this bench's own, where they can be made: by the superuser, with groups that may be written.

use std::fs;
use std::path::{Path, PathBuf};

/// A group, removed when it is dropped.
pub(crate) struct Group(PathBuf);

impl Group {
    /// One that may use half a core.
    pub(crate) fn with_half_a_core() -> Option<Self> {
        Self::make("/sys/fs/cgroup/cpu", &[("cpu.cfs_quota_us", "50000")])
            .or_else(|| Self::make("/sys/fs/cgroup", &[("cpu.max", "50000 100000")]))
    }

    /// One that may use so much memory.
    pub(crate) fn with_memory(bytes: u64) -> Option<Self> {
        let bytes = bytes.to_string();
        Self::make(
            "/sys/fs/cgroup/memory",
            &[("memory.limit_in_bytes", &bytes)],
        )
        .or_else(|| Self::make("/sys/fs/cgroup", &[("memory.max", &bytes)]))
    }

    fn make(above: &str, limits: &[(&str, &str)]) -> Option<Self> {
        if !Path::new(above).join("cgroup.procs").exists() {
            return None;
        }
        let group = Self(Path::new(above).join(format!("chaos-bench-{}", std::process::id())));
        fs::create_dir(&group.0).ok()?;
        for (name, value) in limits {
            fs::write(group.0.join(name), value).ok()?;
        }
        Some(group)
    }

    /// As a child of this bench is told of it.
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
    fs::write(Path::new(path).join("cgroup.procs"), own).expect("the group is there");
}
