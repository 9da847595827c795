//! Loads on the machine itself.

use std::path::PathBuf;

use super::commitments::{Commitment, CommittedResource, Ledger};
use super::cpu::{CpuLoad, max_workers};
use super::descriptors::DescriptorLoad;
use super::disk::{DiskFillLoad, DiskIoLoad};
use super::limits::{self, CpuLimits, ThreadLimits};
use super::memory::MemoryLoad;
use super::prepared::PreparedLoad;
use super::reserve::Reserve;
use super::threads::{self, ThreadLoad};
use crate::pressure::resource::{Amount, Resource};
use crate::pressure::{Pressure, PressureError, PressureKind, PressureUnit, Shortage};

/// Checks that a load on the machine fits.
pub(super) fn prepare(pressure: &Pressure) -> Result<PreparedLoad, PressureError> {
    let kind = pressure.kind();
    let reserve = Reserve::of_bytes(pressure.reserve);
    let prepare_memory = |amount| {
        let ledger = Ledger::of(CommittedResource::Memory);
        MemoryLoad::prepare(kind, amount, reserve, limits::root(), &ledger)
    };
    let memory = |load: MemoryLoad| {
        let requested = load.target() as f64;
        PreparedLoad::new(PressureUnit::Bytes, requested, load)
    };
    let directory = || {
        let directory: Option<PathBuf> = pressure.directory.clone();
        directory.unwrap_or_else(std::env::temp_dir)
    };
    Ok(match pressure.resource {
        Resource::Cpu(cpu) => {
            let limits = CpuLimits::open(limits::root()).map_err(|error| error.into_error(kind))?;
            let spinners = commit_spinners(cpu.workers, &limits)?;
            let requested = f64::from(cpu.workers) * cpu.duty.as_percent();
            PreparedLoad::starting(PressureUnit::PercentOfCore, requested, move |state| {
                CpuLoad::start(state, cpu, limits, spinners)
            })
        }
        Resource::Memory(amount) => memory(prepare_memory(amount)?),
        Resource::Leak(leak) => {
            let load = prepare_memory(Amount::Bytes(leak.at_most))?;
            memory(load.leaking(leak.bytes_per_second))
        }
        Resource::DiskIo(disk_io) => {
            let threads = commit_threads(pressure, disk_io.workers)?;
            check_descriptors(pressure, disk_io.workers)?;
            let requested = f64::from(disk_io.workers) * disk_io.bytes_per_second as f64;
            let mut load = DiskIoLoad::prepare(disk_io, &directory(), reserve)?;
            PreparedLoad::starting(PressureUnit::BytesPerSecond, requested, |state| {
                load.start_workers(state)?;
                // The limits show the threads as used from now on.
                drop(threads);
                Ok(load)
            })
        }
        Resource::DiskFill(fill) => {
            let load = DiskFillLoad::prepare(fill, &directory(), reserve)?;
            PreparedLoad::new(PressureUnit::Bytes, load.target() as f64, load)
        }
        Resource::Descriptors(share) => {
            let load = DescriptorLoad::prepare(share)?;
            let requested = load.target() as f64;
            PreparedLoad::starting(PressureUnit::Descriptors, requested, |state| {
                load.assign_to(state);
                Ok(load)
            })
        }
        Resource::Threads(count) => {
            let limits = thread_limits(kind)?;
            let reserve = Reserve::of_count(pressure.reserve, PressureUnit::Threads);
            let ledger = Ledger::of(CommittedResource::Threads);
            let load = ThreadLoad::prepare(kind, count, reserve, limits, &ledger)?;
            PreparedLoad::new(PressureUnit::Threads, f64::from(count), load)
        }
        Resource::RuntimeWorkers(_) | Resource::BlockingPool(_) | Resource::Clock(_) => {
            let why = "it takes nothing of the machine".to_owned();
            return Err(PressureError::Unsupported { kind, why });
        }
    })
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
