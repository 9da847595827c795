//! A pressure as plain data, and the methods that build and validate it.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::invalid::InvalidPressure;
use super::kind::PressureKind;
use super::resource::{Amount, ClockSkew, Cpu, DiskIo, Fill, Leak, Resource, RuntimeWorkers};
use crate::human::HumanDuration;
use crate::setters::setters;
use crate::{Consent, Rate};

/// How scarce a resource becomes for the whole process, as plain data.
///
/// [`start`](Self::start) runs it on its own; an experiment runs it as [`Fault::Exhaust`](crate::Fault::Exhaust).
///
/// A reserve always stays free: by default a tenth of the tightest limit, and at least 128 MiB of memory or disk. A
/// pressure that does not fit is refused, and the error gives the figures. Resources committed to other pressures of
/// this process but not yet taken count as used. While a limit can't be read, nothing starts except one worker of
/// processor pressure. Only [`descriptors`](Self::descriptors) can be exhausted completely: running out of them is the
/// fault, and stopping it needs no descriptor.
///
/// ```no_run
/// use std::time::Duration;
/// use chaos_core::{Pressure, Rate};
///
/// let busy = Pressure::cpu(2, Rate::percent(50.0)?).start()?;
/// # let a_second = Duration::from_secs(1);
/// std::thread::sleep(a_second); // the load is measured first; `took_effect` returns true once it is there
/// println!("{}", busy.level()); // cpu: 99.8 of 100.0 % of a core
/// drop(busy); // ends the load at once, without waiting
///
/// let full = Pressure::memory_share(Rate::percent(80.0)?).ramp(Duration::from_secs(30)).start()?;
/// # drop(full);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use = "a pressure is data: `start` it, or pass it to an experiment"]
pub struct Pressure {
    #[serde(flatten)]
    pub(super) resource: Resource,
    #[serde(skip_serializing_if = "HumanDuration::is_zero")]
    pub(super) ramp: HumanDuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hold: Option<HumanDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reserve: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) directory: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) consent: Option<Consent>,
}

impl Pressure {
    /// Keeps `workers` threads busy, each for the share `duty` of one core, between 10 % and 100 %.
    ///
    /// The threads are paced by the processor time they actually received, so they get their share on a busy machine
    /// too. When they spend all the missing time waiting for a core, no more is available, and the level reports what
    /// they got. More than about four workers per usable core (quotas included) are refused.
    pub fn cpu(workers: u32, duty: Rate) -> Self {
        Self::new(Resource::Cpu(Cpu { workers, duty }))
    }

    /// Takes and holds `bytes` of memory.
    ///
    /// The memory is mapped, touched page by page and unmapped at the end. It never comes from the program's allocator,
    /// so it leaves the process when it is given back. Part of it is given back whenever less memory is available:
    /// measured on two cores, the reserve was kept while the program grew as fast as it could, at 1 GiB per second, and
    /// on slower, busy cores at 480 MiB per second. A program that grows faster than the control loop is scheduled may
    /// use part of the reserve for some milliseconds.
    pub fn memory(bytes: u64) -> Self {
        Self::new(Resource::Memory(Amount::Bytes(bytes)))
    }

    /// Takes and holds a share of the memory available at the start, the reserve not counted.
    ///
    /// The memory is held as by [`memory`](Self::memory).
    pub fn memory_share(share: Rate) -> Self {
        Self::new(Resource::Memory(Amount::Share(share)))
    }

    /// Takes memory page by page at `bytes_per_second`, up to `at_most` bytes.
    ///
    /// Memory that had to be given back is taken again at the same rate.
    pub fn leak(bytes_per_second: u64, at_most: u64) -> Self {
        Self::new(Resource::Leak(Leak {
            bytes_per_second,
            at_most,
        }))
    }

    /// Starts `workers` threads that each write, sync and read back `bytes_per_second`, at least 4096.
    pub fn disk_io(workers: u32, bytes_per_second: u64) -> Self {
        Self::new(Resource::DiskIo(DiskIo {
            workers,
            bytes_per_second,
        }))
    }

    /// Fills `bytes` of a disk; needs [`consent`](Self::consent).
    pub fn disk_fill(bytes: u64) -> Self {
        Self::new(Resource::DiskFill(Fill::Bytes(bytes)))
    }

    /// Fills a disk until `bytes` are left free; needs [`consent`](Self::consent).
    ///
    /// Space is given back when other writes would leave less than that.
    pub fn disk_fill_leaving(bytes: u64) -> Self {
        Self::new(Resource::DiskFill(Fill::Leave(bytes)))
    }

    /// Makes a share of the process's file descriptors unavailable.
    ///
    /// The soft limit is lowered, which causes the same error (`EMFILE`) as open descriptors would, and gaps below it
    /// are filled. There is no [`reserve`](Self::reserve): running out is the fault, and stopping it needs no
    /// descriptor. Child processes started during that time inherit the lower limit. The process has one limit, so
    /// only one such pressure can be active at a time; a start waits up to two seconds for a stopped one to restore
    /// the limit.
    pub fn descriptors(share: Rate) -> Self {
        Self::new(Resource::Descriptors(share))
    }

    /// Starts `count` threads that only wait.
    pub fn threads(count: u32) -> Self {
        Self::new(Resource::Threads(count))
    }

    /// Blocks worker threads of the current Tokio runtime, for `blocked_for` at a time.
    ///
    /// Between two blocks a worker yields to other tasks, as blocking code does. The level is the average number of
    /// blocked workers over the last second, so it excludes the time that other tasks had the workers. The pressure
    /// fails when the workers are never all blocked at once because something else holds one, and when the runtime
    /// shuts down. Dropping a runtime waits until its blocked workers yield, so end the pressure first.
    pub fn runtime_workers(workers: u32, blocked_for: Duration) -> Self {
        Self::new(Resource::RuntimeWorkers(RuntimeWorkers {
            workers,
            blocked_for,
        }))
    }

    /// Occupies threads of the current Tokio runtime's pool for blocking work.
    ///
    /// The pool has 512 threads unless its builder sets another number; taking all of them exhausts it. The pressure
    /// fails and releases its threads when the runtime shuts down. When all workers are blocked as well, the shutdown
    /// goes unnoticed, and dropping the runtime waits until the pressure ends. During the pressure, a paused
    /// clock (`tokio::time::pause`) stands still: Tokio advances it only while no blocking work is running.
    pub fn blocking_pool(threads: u32) -> Self {
        Self::new(Resource::BlockingPool(threads))
    }

    /// Moves [`ChaosManager::now`](crate::ChaosManager::now) ahead; available only in an experiment.
    pub fn clock_ahead(by: Duration) -> Self {
        Self::new(Resource::Clock(ClockSkew::Ahead(by)))
    }

    /// Moves [`ChaosManager::now`](crate::ChaosManager::now) back; available only in an experiment.
    pub fn clock_behind(by: Duration) -> Self {
        Self::new(Resource::Clock(ClockSkew::Behind(by)))
    }

    fn new(resource: Resource) -> Self {
        Self {
            resource,
            ramp: HumanDuration::ZERO,
            hold: None,
            reserve: None,
            directory: None,
            consent: None,
        }
    }

    setters! {
        /// Grows to the requested level over `ramp` instead of at once.
        pub fn ramp(ramp: Duration) = HumanDuration(ramp);

        /// Ends the pressure after it has been held for `hold` past its ramp.
        ///
        /// Defaults to the experiment's duration, or to five minutes without an experiment. A pressure that has not
        /// reached its level by then has failed. Processor time and disk traffic are measured for half a second before
        /// they count as reached.
        pub fn hold(hold: Duration) = Some(HumanDuration(hold));

        /// Sets the share of each limit that stays free; defaults to a tenth.
        ///
        /// At least 128 MiB of memory or disk always stay free. The reserve applies to memory, leaks, disks, threads
        /// and the blocking pool; other kinds have none and refuse this setting.
        pub fn reserve(share: Rate) = Some(share);

        /// Selects the disk that holds `directory`; defaults to the disk of the temporary directory.
        pub fn directory(directory: impl Into<PathBuf>) = Some(directory.into());

        /// Consents to a destructive pressure; that of its experiment counts as well.
        ///
        /// Only filling a disk needs consent. Other kinds refuse it.
        pub fn consent(consent: Consent) = Some(consent);
    }

    /// Returns the kind of resource that it takes.
    #[must_use]
    pub fn kind(&self) -> PressureKind {
        self.resource.kind()
    }

    /// Returns its consent.
    pub(crate) fn given_consent(&self) -> Option<&Consent> {
        self.consent.as_ref()
    }

    /// Whether it makes other writes fail.
    pub(crate) fn is_destructive(&self) -> bool {
        self.kind() == PressureKind::DiskFill
    }

    /// Validates all values.
    ///
    /// # Errors
    ///
    /// Returns an error when the pressure would take nothing or last no time, its duty is below 10 %, its workers would
    /// write less than 4096 bytes per second, or it has a directory, a reserve or a consent that does not apply to its
    /// kind.
    pub fn check(&self) -> Result<(), InvalidPressure> {
        self.resource.check()?;
        if self.hold.is_some_and(|hold| hold.is_zero()) {
            return Err(InvalidPressure::NoTime);
        }
        if self.directory.is_some() && !self.kind().is_on_disk() {
            return Err(InvalidPressure::DirectoryNotApplicable(self.kind()));
        }
        if self.reserve.is_some() && !self.kind().has_reserve() {
            return Err(InvalidPressure::ReserveNotApplicable(self.kind()));
        }
        if self.kind() == PressureKind::Leak && !self.ramp.is_zero() {
            return Err(InvalidPressure::RampOnLeak);
        }
        if self.consent.is_some() && !self.is_destructive() {
            return Err(InvalidPressure::ConsentNotApplicable(self.kind()));
        }
        Ok(())
    }
}
