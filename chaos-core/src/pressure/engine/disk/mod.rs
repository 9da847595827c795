//! Pressure on a disk: its bandwidth, and its space.

mod fill;
mod io;
mod unnamed_file;
mod volume;

pub(super) use fill::Filling;
pub(super) use io::Writing;
