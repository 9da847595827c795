//! What this process may use, and what of it is in use.
//!
//! Reading is thin and parsing is pure. FakeFiles that are read again and again are opened once, beforehand: they can
//! still be read when no descriptor is left.

mod bound;
mod cgroup;
mod cpu;
mod descriptors;
mod limit_file;
mod memory;
mod mounts;
mod threads;

#[cfg(test)]
pub(super) mod fake_files;

pub(super) use bound::Bound;
pub(super) use cpu::{Cores, CpuLimits};
pub(super) use descriptors::descriptor_bound;
pub(super) use limit_file::UnreadableLimit;
pub(super) use memory::MemoryLimits;
pub(super) use threads::ThreadLimits;

use std::path::Path;

/// The root of the files that tell of the system.
pub(super) fn root() -> &'static Path {
    Path::new("/")
}
