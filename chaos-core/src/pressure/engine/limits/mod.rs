//! The limits of this process, and how much of them is in use.
//!
//! Readers are thin and parsers are pure. Files that are read repeatedly are opened at the start, so that they stay
//! readable when no descriptor is left.

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

/// Returns the directory that holds `proc` and `sys`; tests use another one.
pub(super) fn root() -> &'static Path {
    Path::new("/")
}
