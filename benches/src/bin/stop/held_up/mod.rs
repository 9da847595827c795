//! What can be held up, and how.

mod address_space;
mod clock_jumps;
mod fuse_mount;
mod hanging;
mod held;
mod hold;
mod process_stop;
mod recorder;
mod subscriber;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use chaos_core::{ChaosManager, ChaosManagerBuilder, Environment, ExperimentGuard, JsonLines};

use crate::blocked_workers::BlockedWorkers;
use address_space::FullAddressSpace;
use clock_jumps::ClockJumps;
pub(crate) use clock_jumps::{OFFSET_FILE, jump};
pub(crate) use fuse_mount::{SilentMount, take_away};
use hanging::HangsInDrop;
pub(crate) use held::Held;
use held::bystander;
use process_stop::Stopper;
pub(crate) use process_stop::{STOPPER, stop_parent};

use crate::stop::Stop;

/// Something that chaos must not depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldUp {
    Nothing,
    LogReader,
    FullPipe,
    FullDisk,
    Recorder,
    Probe,
    Undo,
    Waker,
    Drop,
    Workers,
    Descriptors,
    AddressSpace,
    Processor,
    Stat,
    Clock,
    Process,
}

/// What is to stop, and how.
pub(crate) struct Stopping<'a> {
    pub(crate) stop: Stop,
    pub(crate) chaos: &'a ChaosManager,
    pub(crate) guard: &'a Arc<ExperimentGuard>,
    pub(crate) halt_file: &'a Path,
}

impl HeldUp {
    pub(crate) const ALL: [Self; 16] = [
        Self::Nothing,
        Self::LogReader,
        Self::FullPipe,
        Self::FullDisk,
        Self::Recorder,
        Self::Probe,
        Self::Undo,
        Self::Waker,
        Self::Drop,
        Self::Workers,
        Self::Descriptors,
        Self::AddressSpace,
        Self::Processor,
        Self::Stat,
        Self::Clock,
        Self::Process,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::LogReader => "stdout's reader: a `tracing` subscriber",
            Self::FullPipe => "a JSON file on a full pipe",
            Self::FullDisk => "a JSON file on `/dev/full`",
            Self::Recorder => "a metrics recorder",
            Self::Probe => "a probe",
            Self::Undo => "an undo",
            Self::Waker => "a waker",
            Self::Drop => "a `Drop` in an undo",
            Self::Workers => "every runtime worker",
            Self::Descriptors => "descriptors",
            Self::AddressSpace => "memory: no thread, no block above 1 KiB",
            Self::Processor => "the processor: half a core, all of it in use",
            Self::Stat => "a `stat` that never returns",
            Self::Clock => "the wall clock, which jumps by days",
            Self::Process => "the process: SIGSTOP until SIGCONT",
        }
    }

    /// How late a stop may be.
    pub(crate) fn bar(self) -> Duration {
        const QUOTA_PERIOD: Duration = Duration::from_millis(100);
        let bar = Duration::from_millis(100);
        match self {
            Self::Processor => bar + QUOTA_PERIOD,
            _ => bar,
        }
    }

    /// How many rounds a process lasts; threads that have ended leave their memory to the next ones.
    pub(crate) fn rounds_a_process(self, rounds: usize) -> usize {
        match self {
            Self::AddressSpace => 1,
            _ => rounds,
        }
    }

    /// The grace after which a halt file that can't be checked counts as one that exists; `None` if it can be checked.
    pub(crate) fn grace(self, stop: Stop) -> Option<Duration> {
        // Other stops come before the default of 5 s.
        (self == Self::Stat && stop == Stop::HaltFile).then_some(Duration::from_millis(200))
    }

    /// A manager whose user code hangs, and what makes it hang.
    pub(crate) fn manager(self, stop: Stop, halt_file: &Path) -> (ChaosManager, Held) {
        let mut held = Held::default();
        let builder = ChaosManager::builder()
            .environment(Environment::Test)
            .halt_file(halt_file)
            .check_conditions_every(Duration::from_millis(10))
            .probe("pending", std::future::pending::<Result<(), String>>);
        (self.prepare(builder, stop, &mut held).build(), held)
    }

    fn prepare(
        self,
        builder: ChaosManagerBuilder,
        stop: Stop,
        held: &mut Held,
    ) -> ChaosManagerBuilder {
        match self {
            Self::LogReader => {
                held.others.push(Box::new(subscriber::hold_up()));
                builder
            }
            Self::FullPipe => builder.journal_to(held.full_pipe().expect("a pipe")),
            Self::FullDisk => {
                builder.journal_to(JsonLines::append("/dev/full").expect("/dev/full"))
            }
            Self::Recorder => {
                held.others.push(Box::new(recorder::hold_up()));
                builder
            }
            Self::Probe => {
                let hanging = Arc::new(held.hanging());
                builder.probe("hanging", move || {
                    hanging.hang();
                    std::future::ready(Ok::<_, String>(()))
                })
            }
            Self::Stat => match self.grace(stop) {
                Some(grace) => builder.halt_file_grace(grace),
                None => builder,
            },
            Self::Process => {
                held.stopper = Some(Stopper::new());
                builder
            }
            _ => builder,
        }
    }

    /// Holds it up, once the experiment that is to stop runs; returns when that is due, if this decides it.
    pub(crate) fn hold_up(self, held: &mut Held, stopping: &Stopping<'_>) -> Option<Instant> {
        let chaos = stopping.chaos;
        match self {
            Self::Nothing | Self::FullPipe | Self::FullDisk => {}
            // The start is logged.
            Self::LogReader => subscriber::HOLD.wait_until_it_hangs(),
            Self::Recorder => {
                held.end_with(chaos, || ());
                recorder::HOLD.wait_until_it_hangs();
            }
            Self::Probe => {
                let condition = chaos_core::Condition::probe("hanging").deadline(Duration::MAX);
                let probed = bystander("probed").abort_when(condition);
                held.keep(chaos.start(probed).expect("a start"));
            }
            Self::Undo => {
                let hanging = held.hanging();
                held.end_with(chaos, move || hanging.hang());
            }
            Self::Drop => {
                let hanging = HangsInDrop(held.hanging());
                held.end_with(chaos, move || drop(hanging));
            }
            Self::Waker => {
                let waker = Waker::from(Arc::new(held.hanging()));
                held.wait_with(&waker, Arc::clone(stopping.guard));
                // It may have ended before the waker waits for that.
                while !held.wait_with(&waker, held::start_short(chaos, "awaited")) {}
            }
            Self::Workers => held.others.push(Box::new(BlockedWorkers::block())),
            Self::Descriptors => {
                while let Ok(file) = File::open("/dev/null") {
                    held.files.push(file);
                }
            }
            Self::AddressSpace => held.others.push(Box::new(FullAddressSpace::fill())),
            Self::Processor => held.spin_on_every_core(),
            Self::Stat => {
                let directory = stopping.halt_file.parent().expect("a directory");
                let mount = SilentMount::over(directory).expect("a mount");
                held.others.push(Box::new(mount));
                return self
                    .grace(stopping.stop)
                    .map(|grace| Instant::now() + grace);
            }
            Self::Clock => held.others.push(Box::new(ClockJumps::begin())),
            Self::Process => {
                let creates = (stopping.stop == Stop::HaltFile).then_some(stopping.halt_file);
                return held.stopper.take().map(|stopper| stopper.stop(creates));
            }
        }
        None
    }
}
