//! Disk bandwidth and disk space.

mod fill;
mod io;
mod unnamed_file;
mod volume;

pub(super) use fill::DiskFillLoad;
pub(super) use io::DiskIoLoad;
