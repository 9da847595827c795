//! The disk that a file is on.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::unnamed_file::unnamed_file;
use crate::pressure::engine::commitments::{CommittedResource, Ledger};
use crate::pressure::engine::limits::Bound;
use crate::pressure::{PressureError, PressureKind};

/// File systems that keep files in memory.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// Makes a file without a name on the disk of `directory`, which is to be one.
pub(super) fn file_on_disk(kind: PressureKind, directory: &Path) -> Result<File, PressureError> {
    let file = unnamed_file(directory).map_err(PressureError::system(
        kind,
        format!("make a file in {}", directory.display()),
    ))?;
    let system = rustix::fs::fstatfs(&file)
        .map_err(PressureError::system(kind, "look at the file system"))?;
    if IN_MEMORY.contains(&(system.f_type as u64)) {
        let directory = directory.display();
        let why = format!("{directory} is in memory; name another `directory`, or use `memory`");
        return Err(PressureError::Unsupported { kind, why });
    }
    Ok(file)
}

/// How much room there is on the disk of a file; needs no descriptor.
pub(super) fn space(file: &File) -> Option<Bound> {
    let disk = rustix::fs::fstatvfs(file).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Some(Bound {
        name: "the disk".to_owned(),
        limit: bytes(disk.f_blocks),
        used: bytes(disk.f_blocks.saturating_sub(disk.f_bavail)),
    })
}

/// What is promised of the disk of a file.
pub(super) fn ledger(kind: PressureKind, file: &File) -> Result<Arc<Ledger>, PressureError> {
    let about = file
        .metadata()
        .map_err(PressureError::system(kind, "look at the file"))?;
    Ok(Ledger::of(CommittedResource::Disk(about.dev())))
}

/// The longest that a file may get, which the process would be killed for.
pub(super) fn longest_file() -> Option<Bound> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current?;
    Some(Bound {
        name: "RLIMIT_FSIZE".to_owned(),
        limit,
        used: 0,
    })
}
