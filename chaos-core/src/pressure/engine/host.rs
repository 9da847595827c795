//! What is taken of the machine itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::commitments::{Commitment, CommittedResource, Ledger};
use super::control_loop::keep;
use super::cpu::{CpuLoad, max_workers};
use super::descriptors::DescriptorLoad;
use super::disk::{DiskFillLoad, DiskIoLoad};
use super::limits::{self, CpuLimits, ThreadLimits};
use super::memory::MemoryLoad;
use super::reserve::Reserve;
use super::state::PressureState;
use super::threads::{ThreadLoad, commit_threads};
use crate::pressure::error::Shortage;
use crate::pressure::resource::{self, Amount, Resource};
use crate::pressure::{Pressure, PressureError, PressureKind, PressureUnit};

/// What is going to take a resource of the machine.
pub(super) enum HostLoad {
    Cpu(resource::Cpu, CpuLimits, Commitment),
    Memory(MemoryLoad),
    DiskIoLoad(DiskIoLoad, Commitment),
    DiskFillLoad(DiskFillLoad),
    DescriptorLoad(DescriptorLoad),
    ThreadLoad(ThreadLoad),
}

impl HostLoad {
    /// Finds out whether there is room; says in which unit how much is requested.
    pub(super) fn prepare(pressure: &Pressure) -> Result<(PressureUnit, f64, Self), PressureError> {
        let kind = pressure.kind();
        let bytes = Reserve::of_bytes(pressure.reserve);
        let memory = |amount| {
            let ledger = Ledger::of(CommittedResource::Memory);
            MemoryLoad::prepare(kind, amount, bytes, limits::root(), &ledger)
        };
        let taking = |memory: MemoryLoad| {
            (
                PressureUnit::Bytes,
                memory.most() as f64,
                Self::Memory(memory),
            )
        };
        let directory = || {
            let directory: Option<PathBuf> = pressure.directory.clone();
            directory.unwrap_or_else(std::env::temp_dir)
        };
        match pressure.resource {
            Resource::Cpu(cpu) => {
                let limits =
                    CpuLimits::open(limits::root()).map_err(|error| error.refuses(kind))?;
                let spinners = room_for_workers(cpu.workers, &limits)?;
                let requested = f64::from(cpu.workers) * cpu.duty.as_percent();
                Ok((
                    PressureUnit::PercentOfCore,
                    requested,
                    Self::Cpu(cpu, limits, spinners),
                ))
            }
            Resource::Memory(amount) => memory(amount).map(taking),
            Resource::Leak(leak) => memory(Amount::Bytes(leak.at_most))
                .map(|memory| taking(memory.leaking(leak.bytes_per_second))),
            Resource::DiskIo(disk_io) => {
                let threads = room_for_threads(pressure, disk_io.workers)?;
                room_for_descriptors(pressure, disk_io.workers)?;
                let requested = f64::from(disk_io.workers) * disk_io.bytes_per_second as f64;
                let writing = DiskIoLoad::prepare(disk_io, &directory(), bytes)?;
                Ok((
                    PressureUnit::BytesPerSecond,
                    requested,
                    Self::DiskIoLoad(writing, threads),
                ))
            }
            Resource::DiskFill(fill) => {
                let filling = DiskFillLoad::prepare(fill, &directory(), bytes)?;
                Ok((
                    PressureUnit::Bytes,
                    filling.most() as f64,
                    Self::DiskFillLoad(filling),
                ))
            }
            Resource::Descriptors(share) => {
                let scarce = DescriptorLoad::prepare(share)?;
                Ok((
                    PressureUnit::Descriptors,
                    scarce.most() as f64,
                    Self::DescriptorLoad(scarce),
                ))
            }
            Resource::Threads(count) => {
                let limits = thread_limits(kind)?;
                let reserve = Reserve::of_number(pressure.reserve, PressureUnit::Threads);
                let ledger = Ledger::of(CommittedResource::Threads);
                let waiting = ThreadLoad::prepare(kind, count, reserve, limits, &ledger)?;
                Ok((
                    PressureUnit::Threads,
                    f64::from(count),
                    Self::ThreadLoad(waiting),
                ))
            }
            Resource::RuntimeWorkers(_) | Resource::BlockingPool(_) | Resource::Clock(_) => {
                let why = "nothing of the machine is taken".to_owned();
                Err(PressureError::Unsupported { kind, why })
            }
        }
    }

    /// Starts the threads.
    pub(super) fn begin(self, state: &Arc<PressureState>) -> io::Result<()> {
        match self {
            Self::Cpu(cpu, limits, spinners) => {
                keep(state, CpuLoad::start(state, cpu, limits, spinners)?)
            }
            Self::Memory(memory) => keep(state, memory),
            Self::DiskIoLoad(mut writing, threads) => {
                writing.start(state)?;
                // They are there for everybody to see.
                drop(threads);
                keep(state, writing)
            }
            Self::DiskFillLoad(filling) => keep(state, filling),
            Self::DescriptorLoad(scarce) => keep(state, scarce.begun(state)),
            Self::ThreadLoad(waiting) => keep(state, waiting),
        }
    }
}

/// Promises that many spinning threads, unless they and those of others are more than there is a stop in time for.
fn room_for_workers(workers: u32, limits: &CpuLimits) -> Result<Commitment, PressureError> {
    Ledger::of(CommittedResource::Spinners).commit(|promised| {
        let cores = limits.read();
        let most = max_workers(&cores);
        if promised.saturating_add(workers.into()) <= most.into() {
            return Ok(workers.into());
        }
        let (limit, number) = (cores.limit, cores.number);
        Err(PressureError::NoRoom {
            kind: PressureKind::Cpu,
            shortage: Shortage {
                requested: workers.into(),
                free: most.into(),
                reserve: 0,
                promised,
                limit: format!("{limit}, with {number} cores and 4 workers for each,"),
                unit: PressureUnit::Threads,
            },
        })
    })
}

/// Promises that many threads, unless there is no room for them.
pub(super) fn room_for_threads(
    pressure: &Pressure,
    count: u32,
) -> Result<Commitment, PressureError> {
    let kind = pressure.kind();
    let reserve = Reserve::of_number(pressure.reserve, PressureUnit::Threads);
    let ledger = Ledger::of(CommittedResource::Threads);
    commit_threads(kind, count, reserve, &thread_limits(kind)?, &ledger)
}

fn thread_limits(kind: PressureKind) -> Result<ThreadLimits, PressureError> {
    ThreadLimits::open(limits::root()).map_err(|error| error.refuses(kind))
}

/// Refuses more open files than there is room for.
fn room_for_descriptors(pressure: &Pressure, count: u32) -> Result<(), PressureError> {
    let kind = pressure.kind();
    let bound = limits::descriptor_bound().map_err(|error| error.refuses(kind))?;
    let Some(bound) = bound else {
        return Ok(());
    };
    Reserve::of_number(pressure.reserve, PressureUnit::Descriptors).refuse(
        kind,
        count.into(),
        0,
        &[bound],
    )
}
