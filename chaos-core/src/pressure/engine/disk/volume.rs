//! The file system that a file is on: its space, and the limits on its files.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::unnamed_file::unnamed_file;
use crate::pressure::engine::commitments::{CommittedResource, Ledger};
use crate::pressure::engine::limits::Bound;
use crate::pressure::{PressureError, PressureKind};

/// The magic numbers of file systems that keep files in memory: tmpfs and ramfs.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// Creates an unnamed file in `directory`, which must be on a disk.
pub(super) fn file_on_disk(kind: PressureKind, directory: &Path) -> Result<File, PressureError> {
    let file = unnamed_file(directory).map_err(PressureError::system(
        kind,
        format!("create a file in {}", directory.display()),
    ))?;
    let statistics = rustix::fs::fstatfs(&file)
        .map_err(PressureError::system(kind, "inspect the file system"))?;
    if IN_MEMORY.contains(&(statistics.f_type as u64)) {
        let directory = directory.display();
        let why = format!("{directory} is in memory; name another `directory`, or use `memory`");
        return Err(PressureError::Unsupported { kind, why });
    }
    Ok(file)
}

/// Returns the space of the disk that holds a file; needs no further descriptor.
pub(super) fn space(file: &File) -> Option<Bound> {
    let disk = rustix::fs::fstatvfs(file).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Some(Bound {
        name: "the disk".to_owned(),
        limit: bytes(disk.f_blocks),
        used: bytes(disk.f_blocks.saturating_sub(disk.f_bavail)),
    })
}

/// Returns the ledger of the disk that holds a file.
pub(super) fn ledger(kind: PressureKind, file: &File) -> Result<Arc<Ledger>, PressureError> {
    let metadata = file
        .metadata()
        .map_err(PressureError::system(kind, "inspect the file"))?;
    Ok(Ledger::of(CommittedResource::Disk(metadata.dev())))
}

/// Checks that a file may grow to `bytes`: the system kills a process that exceeds the limit.
pub(super) fn check_file_size(kind: PressureKind, bytes: u64) -> Result<(), PressureError> {
    match rustix::process::getrlimit(rustix::process::Resource::Fsize).current {
        Some(limit) if limit < bytes => {
            let why = format!("it needs files of {bytes} bytes, and RLIMIT_FSIZE allows {limit}");
            Err(PressureError::Unsupported { kind, why })
        }
        _ => Ok(()),
    }
}
