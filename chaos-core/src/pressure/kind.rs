//! The kinds of pressure.

use std::fmt;

use serde::{Deserialize, Serialize};

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

impl PressureKind {
    pub(super) const ALL: [Self; 10] = [
        Self::Cpu,
        Self::Memory,
        Self::Leak,
        Self::DiskIo,
        Self::DiskFill,
        Self::Descriptors,
        Self::Threads,
        Self::RuntimeWorkers,
        Self::BlockingPool,
        Self::Clock,
    ];

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Leak => "leak",
            Self::DiskIo => "disk_io",
            Self::DiskFill => "disk_fill",
            Self::Descriptors => "descriptors",
            Self::Threads => "threads",
            Self::RuntimeWorkers => "runtime_workers",
            Self::BlockingPool => "blocking_pool",
            Self::Clock => "clock",
        }
    }

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

impl fmt::Display for PressureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
