//! Target resource a pressure takes, without its details.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Target resource a [`Pressure`](crate::Pressure) takes, without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PressureKind {
    /// Processor time.
    Cpu,
    /// Memory, taken and held.
    Memory,
    /// Memory, taken little by little.
    Leak,
    /// The disk's bandwidth.
    DiskIo,
    /// The disk's space.
    DiskFill,
    /// File descriptors.
    Descriptors,
    /// Threads.
    Threads,
    /// Spinner threads of the Tokio runtime.
    RuntimeWorkers,
    /// Threads of the Tokio runtime's pool for blocking work.
    BlockingPool,
    /// The right time.
    Clock,
}

impl PressureKind {
    /// The name as written in files.
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

    /// Whether it takes room on a disk, and so can be told which.
    pub(super) fn is_on_disk(self) -> bool {
        matches!(self, Self::DiskIo | Self::DiskFill)
    }

    /// Whether it leaves a reserve, and so can be told how much.
    pub(super) fn leaves_a_reserve(self) -> bool {
        match self {
            Self::Memory | Self::Leak | Self::DiskIo | Self::DiskFill => true,
            Self::Threads | Self::BlockingPool => true,
            // Running out is the fault; or there is nothing that could run out.
            Self::Descriptors | Self::Cpu | Self::RuntimeWorkers | Self::Clock => false,
        }
    }
}

impl fmt::Display for PressureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
