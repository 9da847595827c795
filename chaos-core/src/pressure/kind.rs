//! The kinds of pressure.

use serde::{Deserialize, Serialize};

use crate::human::named;

/// The kind of resource that a [`Pressure`](crate::Pressure) takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PressureKind {
    /// Processor time.
    Cpu,
    /// Memory, held at one level.
    Memory,
    /// Memory, growing at a rate.
    Leak,
    /// Disk bandwidth.
    DiskIo,
    /// Disk space.
    DiskFill,
    /// File descriptors.
    Descriptors,
    /// Threads.
    Threads,
    /// Worker threads of a Tokio runtime.
    RuntimeWorkers,
    /// Threads of a Tokio runtime's pool for blocking work.
    BlockingPool,
    /// The time that a manager's clock shows.
    Clock,
}

named!(PressureKind {
    Cpu => "cpu",
    Memory => "memory",
    Leak => "leak",
    DiskIo => "disk_io",
    DiskFill => "disk_fill",
    Descriptors => "descriptors",
    Threads => "threads",
    RuntimeWorkers => "runtime_workers",
    BlockingPool => "blocking_pool",
    Clock => "clock",
});

impl PressureKind {
    /// Whether it uses a disk, and so accepts a directory.
    pub(super) fn is_on_disk(self) -> bool {
        matches!(self, Self::DiskIo | Self::DiskFill)
    }

    /// Whether it leaves a reserve, and so accepts the size of it.
    pub(super) fn has_reserve(self) -> bool {
        match self {
            Self::Memory
            | Self::Leak
            | Self::DiskIo
            | Self::DiskFill
            | Self::Threads
            | Self::BlockingPool => true,
            // Running out is the fault, or nothing can run out.
            Self::Descriptors | Self::Cpu | Self::RuntimeWorkers | Self::Clock => false,
        }
    }
}
