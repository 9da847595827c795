//! What is taken, and how much of it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::InvalidPressure;
use crate::{Rate, human};

/// What is taken, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Resource {
    Cpu(Cpu),
    Memory(Amount),
    Leak(Leak),
    DiskIo(DiskIo),
    DiskFill(Fill),
    Descriptors(Rate),
    Threads(u32),
    RuntimeWorkers(RuntimeWorkers),
    BlockingPool(u32),
    Clock(Skew),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "details such as { workers: 2, duty: 50% }"
)]
pub(super) struct Cpu {
    pub(super) workers: u32,
    pub(super) duty: Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Amount {
    Bytes(u64),
    Share(Rate),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "details such as { bytes_per_second: 1MiB, at_most: 500MiB }"
)]
pub(super) struct Leak {
    #[serde(deserialize_with = "human::size")]
    pub(super) bytes_per_second: u64,
    #[serde(deserialize_with = "human::size")]
    pub(super) at_most: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "details such as { workers: 2, bytes_per_second: 10MB }"
)]
pub(super) struct DiskIo {
    pub(super) workers: u32,
    #[serde(deserialize_with = "human::size")]
    pub(super) bytes_per_second: u64,
}

impl DiskIo {
    /// A block in a second: nobody feels less.
    pub(crate) const SLOWEST: u64 = 4096;
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fill {
    Bytes(u64),
    Leave(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "details such as { workers: 2, blocked_for: 100ms }"
)]
pub(super) struct RuntimeWorkers {
    pub(super) workers: u32,
    #[serde(with = "human::duration_text")]
    pub(super) blocked_for: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Skew {
    Ahead(#[serde(with = "human::duration_text")] Duration),
    Behind(#[serde(with = "human::duration_text")] Duration),
}

/// Which resource a [`Pressure`](crate::Pressure) takes, without its details.
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
    /// Worker threads of the Tokio runtime.
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

impl Resource {
    pub(super) fn kind(&self) -> PressureKind {
        match self {
            Self::Cpu(_) => PressureKind::Cpu,
            Self::Memory(_) => PressureKind::Memory,
            Self::Leak(_) => PressureKind::Leak,
            Self::DiskIo(_) => PressureKind::DiskIo,
            Self::DiskFill(_) => PressureKind::DiskFill,
            Self::Descriptors(_) => PressureKind::Descriptors,
            Self::Threads(_) => PressureKind::Threads,
            Self::RuntimeWorkers(_) => PressureKind::RuntimeWorkers,
            Self::BlockingPool(_) => PressureKind::BlockingPool,
            Self::Clock(_) => PressureKind::Clock,
        }
    }

    /// Tells what makes no sense.
    pub(super) fn check(&self) -> Result<(), InvalidPressure> {
        let some = |what: &'static str, number: u64| match number {
            0 => Err(InvalidPressure::Nothing { what }),
            _ => Ok(()),
        };
        match *self {
            Self::Cpu(Cpu { workers, duty }) => {
                some("worker", workers.into())?;
                if duty.as_percent() < 10.0 {
                    return Err(InvalidPressure::Duty(duty));
                }
                Ok(())
            }
            Self::Memory(Amount::Bytes(bytes)) | Self::DiskFill(Fill::Bytes(bytes)) => {
                some("byte", bytes)
            }
            Self::Memory(Amount::Share(share)) | Self::Descriptors(share) => {
                if share == Rate::NEVER {
                    return Err(InvalidPressure::NoShare);
                }
                Ok(())
            }
            Self::Leak(leak) => {
                some("byte per second", leak.bytes_per_second)?;
                some("byte", leak.at_most)
            }
            Self::DiskIo(io) => {
                some("worker", io.workers.into())?;
                if io.bytes_per_second < DiskIo::SLOWEST {
                    return Err(InvalidPressure::Slow(io.bytes_per_second));
                }
                Ok(())
            }
            Self::DiskFill(Fill::Leave(_)) => Ok(()),
            Self::Threads(count) | Self::BlockingPool(count) => some("thread", count.into()),
            Self::RuntimeWorkers(runtime) => {
                some("worker", runtime.workers.into())?;
                if runtime.blocked_for.is_zero() {
                    return Err(InvalidPressure::NoTime);
                }
                Ok(())
            }
            Self::Clock(Skew::Ahead(by) | Skew::Behind(by)) => {
                if by.is_zero() {
                    return Err(InvalidPressure::NoTime);
                }
                Ok(())
            }
        }
    }
}
