//! Pressure on a disk: its bandwidth, and its space.

mod fill;
mod io;
mod unnamed_file;

pub(super) use fill::Filling;
pub(super) use io::Writing;

use std::fs::File;

use super::limits::Bound;

/// How much room there is on the disk of a file; needs no descriptor.
fn space(file: &File) -> Option<Bound> {
    let disk = rustix::fs::fstatvfs(file).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Some(Bound {
        name: "the disk".to_owned(),
        limit: bytes(disk.f_blocks),
        used: bytes(disk.f_blocks.saturating_sub(disk.f_bavail)),
    })
}

/// The longest that a file may get, which the process would be killed for.
fn longest_file() -> Option<Bound> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current?;
    Some(Bound {
        name: "RLIMIT_FSIZE".to_owned(),
        limit,
        used: 0,
    })
}
