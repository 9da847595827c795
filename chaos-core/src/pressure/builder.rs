//! Pressures as plain data.

use std::path::PathBuf;
use std::time::Duration;

use super::error::InvalidPressure;
use super::kind::PressureKind;
use super::resource::{Amount, ClockSkew, Cpu, DiskIo, Fill, Leak, Resource, RuntimeWorkers};
use crate::{Consent, Rate};

/// How scarce something gets for the whole process: plain data.
///
/// It is started alone by [`start`](Self::start), or by an experiment as [`Fault::Exhaust`](crate::Fault::Exhaust).
/// Nothing is taken beyond a reserve: a tenth of what the tightest limit allows, at least 128 MiB of memory or disk.
/// What does not fit is refused, and says by how much; what other pressures of this process were promised and have not
/// yet taken counts as well. Where a limit can't be read, nothing is started, and one worker of processor time. [`descriptors`](Self::descriptors) alone
/// may be taken to the last: running out of them is the fault, and all that stops it needs none.
///
/// ```no_run
/// use std::time::Duration;
/// use chaos_core::{Pressure, Rate};
///
/// let busy = Pressure::cpu(2, Rate::percent(50.0)?).start()?;
/// # let a_second = Duration::from_secs(1);
/// std::thread::sleep(a_second); // what was burnt is measured first; `was_reached` tells when it is there
/// println!("{}", busy.level()); // cpu: 99.8 of 100.0 % of a core
/// drop(busy); // at once, and without waiting
///
/// let full = Pressure::memory_share(Rate::percent(80.0)?).ramp(Duration::from_secs(30)).start()?;
/// # drop(full);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a pressure is data: `start` it, or give it to an experiment"]
pub struct Pressure {
    pub(super) resource: Resource,
    pub(super) ramp: Duration,
    pub(super) hold: Option<Duration>,
    pub(super) reserve: Option<Rate>,
    pub(super) directory: Option<PathBuf>,
    pub(super) consent: Option<Consent>,
}

impl Pressure {
    /// So many threads each burn this share of a core, between 10 % and 100 %.
    ///
    /// They are paced by the processor time that each has really had, so a busy machine gets no less of them. Where
    /// they wait for a core in all the time they lack, there is no more to be had: the level says how much they got.
    /// More than about four for each core that may be used (a quota included) are refused.
    pub fn cpu(workers: u32, duty: Rate) -> Self {
        Self::of(Resource::Cpu(Cpu { workers, duty }))
    }

    /// So many bytes are taken and held.
    ///
    /// They are mapped, touched page by page and unmapped, never taken from the program's allocator, so they leave
    /// the process when they are given back. Part of them is given back whenever the room shrinks: on two cores the
    /// reserve was kept while the program itself grew as fast as it could, by 1 GiB a second, and on slower ones, busy
    /// with others, by 480 MiB; what grows faster than the watching thread gets its turns may reach into it for some
    /// milliseconds.
    pub fn memory(bytes: u64) -> Self {
        Self::of(Resource::Memory(Amount::Bytes(bytes)))
    }

    /// This share of what can be had when it starts, the reserve not counted, is taken and held as by
    /// [`memory`](Self::memory).
    pub fn memory_share(share: Rate) -> Self {
        Self::of(Resource::Memory(Amount::Share(share)))
    }

    /// Memory is taken page by page at this rate, until it is `at_most` bytes.
    ///
    /// What it had to give back meanwhile comes again at that rate, too.
    pub fn leak(bytes_per_second: u64, at_most: u64) -> Self {
        Self::of(Resource::Leak(Leak {
            bytes_per_second,
            at_most,
        }))
    }

    /// So many threads each write, sync and read back this many bytes in a second, at least 4096.
    pub fn disk_io(workers: u32, bytes_per_second: u64) -> Self {
        Self::of(Resource::DiskIo(DiskIo {
            workers,
            bytes_per_second,
        }))
    }

    /// So many bytes of a disk are taken; needs [`consent`](Self::consent).
    pub fn disk_fill(bytes: u64) -> Self {
        Self::of(Resource::DiskFill(Fill::Bytes(bytes)))
    }

    /// All but so many bytes of what is free on a disk are taken; needs [`consent`](Self::consent).
    ///
    /// Some of it is given back when others write meanwhile: so many bytes stay free.
    pub fn disk_fill_leaving(bytes: u64) -> Self {
        Self::of(Resource::DiskFill(Fill::Leave(bytes)))
    }

    /// This share of the file descriptors that the process may have is in use or can't be had.
    ///
    /// The soft limit is lowered to that, which gives the same error (`EMFILE`) as if they were open, and gaps below
    /// it are filled. No [`reserve`](Self::reserve) is left: running out is the fault, and all that stops it needs none.
    /// Processes that are started meanwhile inherit the lower limit. There is one limit, so one of these at a time; a
    /// start waits for up to half a second for one that was stopped and has yet to put the limit back.
    pub fn descriptors(share: Rate) -> Self {
        Self::of(Resource::Descriptors(share))
    }

    /// So many more threads, which only wait.
    pub fn threads(count: u32) -> Self {
        Self::of(Resource::Threads(count))
    }

    /// So many worker threads of the Tokio runtime it is started in are blocked, for so long at a time.
    ///
    /// In between each lets the others have a turn, as code that blocks does. The level says how many were blocked on
    /// average of the last second, so what others have of the workers is missing from it. It fails when not all of them
    /// are ever blocked at once, because something else holds a worker, and when the runtime goes: dropping that takes
    /// as long as the turns of the blocked, so end the pressure first.
    pub fn runtime_workers(workers: u32, blocked_for: Duration) -> Self {
        Self::of(Resource::RuntimeWorkers(RuntimeWorkers {
            workers,
            blocked_for,
        }))
    }

    /// So many threads of the pool for blocking work are taken, of the Tokio runtime it is started in.
    ///
    /// The pool has 512 unless its builder says otherwise; those are what exhausts it. It fails, and lets go of them,
    /// when the runtime goes; where all workers are blocked as well, nobody notices that, and dropping the runtime waits
    /// for the end of the pressure. Under a paused clock (`tokio::time::pause`) time stands still meanwhile: Tokio moves
    /// it on only while no blocking work is under way.
    pub fn blocking_pool(threads: u32) -> Self {
        Self::of(Resource::BlockingPool(threads))
    }

    /// [`ChaosManager::now`](crate::ChaosManager::now) is ahead by this much; only as an experiment.
    pub fn clock_ahead(by: Duration) -> Self {
        Self::of(Resource::Clock(ClockSkew::Ahead(by)))
    }

    /// [`ChaosManager::now`](crate::ChaosManager::now) is behind by this much; only as an experiment.
    pub fn clock_behind(by: Duration) -> Self {
        Self::of(Resource::Clock(ClockSkew::Behind(by)))
    }

    fn of(resource: Resource) -> Self {
        Self {
            resource,
            ramp: Duration::ZERO,
            hold: None,
            reserve: None,
            directory: None,
            consent: None,
        }
    }

    /// Grows to its level over this time, rather than at once.
    pub fn ramp(mut self, ramp: Duration) -> Self {
        self.ramp = ramp;
        self
    }

    /// Ends by itself when it has been held for this long after its ramp.
    ///
    /// Unless said, it lasts as long as its experiment; alone, five minutes. One that was not there by the end of it
    /// has failed, and processor time and disk traffic are measured for half a second before they count as there.
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = Some(hold);
        self
    }

    /// Leaves this share of every limit to others, rather than a tenth; at least 128 MiB of memory or disk stay.
    ///
    /// It is for memory, leaks, disks, threads and the blocking pool; the others leave none, and refuse it.
    pub fn reserve(mut self, share: Rate) -> Self {
        self.reserve = Some(share);
        self
    }

    /// Takes the disk that this directory is on, rather than that of temporary files.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Agrees to what needs consent; as part of an experiment, that one's consent counts as well.
    ///
    /// Only filling a disk needs it; for others it is kept, and changes nothing.
    pub fn consent(mut self, consent: Consent) -> Self {
        self.consent = Some(consent);
        self
    }

    /// Target resource it takes.
    #[must_use]
    pub fn kind(&self) -> PressureKind {
        self.resource.kind()
    }

    /// Whether others lose what they would have written.
    pub(crate) fn is_destructive(&self) -> bool {
        self.kind() == PressureKind::DiskFill
    }

    /// Tells the first thing that makes no sense.
    ///
    /// # Errors
    ///
    /// When it would take nothing or last no time, its duty is below 10 %, its workers would write less than 4096 bytes
    /// a second, its consent gives no reason, it names a directory and takes no room on a disk, or names a reserve and
    /// leaves none.
    pub fn check(&self) -> Result<(), InvalidPressure> {
        self.resource.check()?;
        if self.hold.is_some_and(|hold| hold.is_zero()) {
            return Err(InvalidPressure::NoTime);
        }
        if self.directory.is_some() && !self.kind().is_on_disk() {
            return Err(InvalidPressure::NoDirectory(self.kind()));
        }
        if self.reserve.is_some() && !self.kind().leaves_a_reserve() {
            return Err(InvalidPressure::NoReserve(self.kind()));
        }
        if self.kind() == PressureKind::Leak && !self.ramp.is_zero() {
            return Err(InvalidPressure::TwoRamps);
        }
        match &self.consent {
            Some(consent) if !consent.has_reason() => Err(InvalidPressure::NoReason),
            _ => Ok(()),
        }
    }
}
