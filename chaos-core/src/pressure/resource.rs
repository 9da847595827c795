//! The resource that a pressure takes, and how much of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::invalid::InvalidPressure;
use super::kind::PressureKind;
use crate::{Rate, human};

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
    Clock(ClockSkew),
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
    /// One block per second; a lower rate has no effect.
    const MIN_BYTES_PER_SECOND: u64 = 4096;
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
pub(super) enum ClockSkew {
    Ahead(#[serde(with = "human::duration_text")] Duration),
    Behind(#[serde(with = "human::duration_text")] Duration),
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

    /// Validates the amounts.
    pub(super) fn check(&self) -> Result<(), InvalidPressure> {
        let at_least_one = |what: &'static str, number: u64| match number {
            0 => Err(InvalidPressure::Zero { what }),
            _ => Ok(()),
        };
        match *self {
            Self::Cpu(Cpu { workers, duty }) => {
                at_least_one("worker", workers.into())?;
                if duty.as_percent() < 10.0 {
                    return Err(InvalidPressure::DutyOutOfRange(duty));
                }
                Ok(())
            }
            Self::Memory(Amount::Bytes(bytes)) | Self::DiskFill(Fill::Bytes(bytes)) => {
                at_least_one("byte", bytes)
            }
            Self::Memory(Amount::Share(share)) | Self::Descriptors(share) => {
                if share == Rate::NEVER {
                    return Err(InvalidPressure::ZeroShare);
                }
                Ok(())
            }
            Self::Leak(leak) => {
                at_least_one("byte per second", leak.bytes_per_second)?;
                at_least_one("byte", leak.at_most)
            }
            Self::DiskIo(io) => {
                at_least_one("worker", io.workers.into())?;
                if io.bytes_per_second < DiskIo::MIN_BYTES_PER_SECOND {
                    return Err(InvalidPressure::RateTooLow(io.bytes_per_second));
                }
                Ok(())
            }
            Self::DiskFill(Fill::Leave(_)) => Ok(()),
            Self::Threads(count) | Self::BlockingPool(count) => {
                at_least_one("thread", count.into())
            }
            Self::RuntimeWorkers(runtime) => {
                at_least_one("worker", runtime.workers.into())?;
                above_zero(runtime.blocked_for)
            }
            Self::Clock(ClockSkew::Ahead(by) | ClockSkew::Behind(by)) => above_zero(by),
        }
    }
}

fn above_zero(duration: Duration) -> Result<(), InvalidPressure> {
    if duration.is_zero() {
        return Err(InvalidPressure::NoTime);
    }
    Ok(())
}
