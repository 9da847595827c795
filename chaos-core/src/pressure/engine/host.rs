//! Loads on the machine itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::commitments::{Commitment, CommittedResource, Ledger};
use super::control_loop;
use super::cpu::{CpuLoad, max_workers};
use super::descriptors::DescriptorLoad;
use super::disk::{DiskFillLoad, DiskIoLoad};
use super::limits::{self, CpuLimits, ThreadLimits};
use super::memory::MemoryLoad;
use super::reserve::Reserve;
use super::state::PressureState;
use super::threads::{self, ThreadLoad};
use crate::pressure::resource::{self, Amount, Resource};
use crate::pressure::{Pressure, PressureError, PressureKind, PressureUnit, Shortage};

/// A load on the machine that fits and has not started.
pub(super) enum HostLoad {
    Cpu(resource::Cpu, CpuLimits, Commitment),
    Memory(MemoryLoad),
    DiskIo(DiskIoLoad, Commitment),
    DiskFill(DiskFillLoad),
    Descriptors(DescriptorLoad),
    Threads(ThreadLoad),
}

impl HostLoad {
    /// Checks that the load fits; returns it with the requested level and its unit.
    pub(super) fn prepare(pressure: &Pressure) -> Result<(PressureUnit, f64, Self), PressureError> {
        let kind = pressure.kind();
        let reserve = Reserve::of_bytes(pressure.reserve);
        let prepare_memory = |amount| {
            let ledger = Ledger::of(CommittedResource::Memory);
            MemoryLoad::prepare(kind, amount, reserve, limits::root(), &ledger)
        };
        let with_bytes = |load: MemoryLoad| {
            let requested = load.target() as f64;
            (PressureUnit::Bytes, requested, Self::Memory(load))
        };
        let directory = || {
            let directory: Option<PathBuf> = pressure.directory.clone();
            directory.unwrap_or_else(std::env::temp_dir)
        };
        match pressure.resource {
            Resource::Cpu(cpu) => {
                let limits =
                    CpuLimits::open(limits::root()).map_err(|error| error.into_error(kind))?;
                let spinners = commit_spinners(cpu.workers, &limits)?;
                let requested = f64::from(cpu.workers) * cpu.duty.as_percent();
                let load = Self::Cpu(cpu, limits, spinners);
                Ok((PressureUnit::PercentOfCore, requested, load))
            }
            Resource::Memory(amount) => prepare_memory(amount).map(with_bytes),
            Resource::Leak(leak) => prepare_memory(Amount::Bytes(leak.at_most))
                .map(|load| with_bytes(load.leaking(leak.bytes_per_second))),
            Resource::DiskIo(disk_io) => {
                let threads = commit_threads(pressure, disk_io.workers)?;
                check_descriptors(pressure, disk_io.workers)?;
                let requested = f64::from(disk_io.workers) * disk_io.bytes_per_second as f64;
                let load = DiskIoLoad::prepare(disk_io, &directory(), reserve)?;
                let load = Self::DiskIo(load, threads);
                Ok((PressureUnit::BytesPerSecond, requested, load))
            }
            Resource::DiskFill(fill) => {
                let load = DiskFillLoad::prepare(fill, &directory(), reserve)?;
                let requested = load.target() as f64;
                Ok((PressureUnit::Bytes, requested, Self::DiskFill(load)))
            }
            Resource::Descriptors(share) => {
                let load = DescriptorLoad::prepare(share)?;
                let requested = load.target() as f64;
                Ok((
                    PressureUnit::Descriptors,
                    requested,
                    Self::Descriptors(load),
                ))
            }
            Resource::Threads(count) => {
                let limits = thread_limits(kind)?;
                let reserve = Reserve::of_count(pressure.reserve, PressureUnit::Threads);
                let ledger = Ledger::of(CommittedResource::Threads);
                let load = ThreadLoad::prepare(kind, count, reserve, limits, &ledger)?;
                let requested = f64::from(count);
                Ok((PressureUnit::Threads, requested, Self::Threads(load)))
            }
            Resource::RuntimeWorkers(_) | Resource::BlockingPool(_) | Resource::Clock(_) => {
                let why = "it takes nothing of the machine".to_owned();
                Err(PressureError::Unsupported { kind, why })
            }
        }
    }

    /// Starts the threads.
    pub(super) fn start(self, state: &Arc<PressureState>) -> io::Result<()> {
        match self {
            Self::Cpu(cpu, limits, spinners) => {
                control_loop::start(state, CpuLoad::start(state, cpu, limits, spinners)?)
            }
            Self::Memory(load) => control_loop::start(state, load),
            Self::DiskIo(mut load, threads) => {
                load.start_workers(state)?;
                // The limits show the threads as used from now on.
                drop(threads);
                control_loop::start(state, load)
            }
            Self::DiskFill(load) => control_loop::start(state, load),
            Self::Descriptors(load) => {
                load.assign_to(state);
                control_loop::start(state, load)
            }
            Self::Threads(load) => control_loop::start(state, load),
        }
    }
}

/// Commits spinning threads, unless all of them together would delay a stop.
fn commit_spinners(workers: u32, limits: &CpuLimits) -> Result<Commitment, PressureError> {
    Ledger::of(CommittedResource::Spinners).commit(|committed| {
        let cores = limits.read();
        let max = max_workers(&cores);
        if committed.saturating_add(workers.into()) <= max.into() {
            return Ok(workers.into());
        }
        let (limit, number) = (cores.limit, cores.number);
        Err(PressureError::NoRoom {
            kind: PressureKind::Cpu,
            shortage: Shortage {
                requested: workers.into(),
                free: max.into(),
                reserve: 0,
                committed,
                limit: format!("{limit}, with {number} cores and 4 workers for each,"),
                unit: PressureUnit::Threads,
            },
        })
    })
}

/// Commits threads, unless they do not fit.
pub(super) fn commit_threads(pressure: &Pressure, count: u32) -> Result<Commitment, PressureError> {
    let kind = pressure.kind();
    let reserve = Reserve::of_count(pressure.reserve, PressureUnit::Threads);
    let ledger = Ledger::of(CommittedResource::Threads);
    threads::commit_threads(kind, count, reserve, &thread_limits(kind)?, &ledger)
}

fn thread_limits(kind: PressureKind) -> Result<ThreadLimits, PressureError> {
    ThreadLimits::open(limits::root()).map_err(|error| error.into_error(kind))
}

/// Checks that this many files can be opened.
fn check_descriptors(pressure: &Pressure, count: u32) -> Result<(), PressureError> {
    let kind = pressure.kind();
    let bound = limits::descriptor_bound().map_err(|error| error.into_error(kind))?;
    let Some(bound) = bound else {
        return Ok(());
    };
    Reserve::of_count(pressure.reserve, PressureUnit::Descriptors).check_room(
        kind,
        count.into(),
        0,
        &[bound],
    )
}
