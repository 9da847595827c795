//! What can be held up, and how.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault, JournalEntry,
    JournalSink, JsonLines,
};
use tokio::runtime::Runtime;

/// Something that chaos must not depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldUp {
    Nothing,
    LogReader,
    FullPipe,
    FullDisk,
    Probe,
    Undo,
    Waker,
    Drop,
    Workers,
    Descriptors,
}

/// What holds it up, until this is dropped.
#[derive(Default)]
pub(crate) struct Held {
    releases: Vec<Sender<()>>,
    files: Vec<File>,
    guards: Vec<ExperimentGuard>,
    runtime: Option<Runtime>,
}

impl HeldUp {
    pub(crate) const ALL: [Self; 10] = [
        Self::Nothing,
        Self::LogReader,
        Self::FullPipe,
        Self::FullDisk,
        Self::Probe,
        Self::Undo,
        Self::Waker,
        Self::Drop,
        Self::Workers,
        Self::Descriptors,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::LogReader => "a log reader",
            Self::FullPipe => "a JSON file on a full pipe",
            Self::FullDisk => "a JSON file on `/dev/full`",
            Self::Probe => "a probe",
            Self::Undo => "an undo",
            Self::Waker => "a waker",
            Self::Drop => "a `Drop` in an undo",
            Self::Workers => "every runtime worker",
            Self::Descriptors => "descriptors",
        }
    }

    /// A manager whose user code hangs, and what makes it hang.
    pub(crate) fn manager(self, halt_file: &std::path::Path) -> (ChaosManager, Held) {
        let mut held = Held::default();
        let mut builder = ChaosManager::builder()
            .halt_file(halt_file)
            .check_conditions_every(Duration::from_millis(10))
            .probe("pending", std::future::pending::<Result<(), String>>);
        match self {
            Self::LogReader => builder = builder.journal_to(held.hanging()),
            Self::FullPipe => {
                builder = builder.journal_to(held.full_pipe().expect("a pipe"));
            }
            Self::FullDisk => {
                builder = builder.journal_to(JsonLines::append("/dev/full").expect("/dev/full"));
            }
            Self::Probe => {
                let hanging = Arc::new(held.hanging());
                builder = builder.probe("hanging", move || {
                    hanging.hang();
                    std::future::ready(Ok::<_, String>(()))
                });
            }
            Self::Nothing
            | Self::Undo
            | Self::Waker
            | Self::Drop
            | Self::Workers
            | Self::Descriptors => {}
        }
        (builder.build(), held)
    }

    /// Holds it up, once the experiment that is to stop runs.
    pub(crate) fn hold_up(self, held: &mut Held, chaos: &ChaosManager, guard: &ExperimentGuard) {
        match self {
            Self::Nothing | Self::LogReader | Self::FullPipe | Self::FullDisk => {}
            Self::Probe => {
                let condition = chaos_core::Condition::probe("hanging").deadline(Duration::MAX);
                held.guards.push(
                    chaos
                        .start(bystander("probed").abort_when(condition))
                        .expect("a start"),
                );
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
                let mut wait = Box::pin(guard.wait_for(1));
                assert!(
                    wait.as_mut()
                        .poll(&mut Context::from_waker(&waker))
                        .is_pending()
                );
                let other = chaos.start(bystander("awaited").time_limit(Duration::from_millis(1)));
                let other = other.expect("a start");
                let mut wait = Box::pin(other.wait_for(1));
                assert!(
                    wait.as_mut()
                        .poll(&mut Context::from_waker(&waker))
                        .is_pending()
                );
                drop(wait);
                held.guards.push(other);
            }
            Self::Workers => held.block_workers(),
            Self::Descriptors => {
                while let Ok(file) = File::open("/dev/null") {
                    held.files.push(file);
                }
            }
        }
    }
}

impl Held {
    fn hanging(&mut self) -> Hanging {
        let (release, until) = channel();
        self.releases.push(release);
        Hanging(Mutex::new(until))
    }

    /// Starts another experiment, whose undo runs on a cleanup thread before this returns.
    fn end_with(&mut self, chaos: &ChaosManager, undo: impl FnOnce() + Send + 'static) {
        let other = bystander("undone").time_limit(Duration::from_millis(1));
        let guard = chaos.start(other).expect("a start");
        let (began, has_begun) = channel();
        guard.on_end(move || {
            let _ = began.send(());
            undo();
        });
        has_begun.recv().expect("the undo begins");
        self.guards.push(guard);
    }

    /// A JSON file that nothing reads, in a pipe that is full.
    fn full_pipe(&mut self) -> std::io::Result<JsonLines> {
        let path = std::env::temp_dir().join(format!("chaos-full-pipe-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into())?;
        let mut pipe = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
            .open(&path)?;
        while pipe.write(&[0; 4096]).is_ok() {}
        while pipe.write(&[0]).is_ok() {}
        self.files.push(pipe);
        let lines = JsonLines::append(&path);
        std::fs::remove_file(path)?;
        lines
    }

    fn block_workers(&mut self) {
        const WORKERS: usize = 2;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()
            .expect("a runtime");
        let blocked = Arc::new(AtomicUsize::new(0));
        for _ in 0..WORKERS {
            let (blocked, hanging) = (Arc::clone(&blocked), self.hanging());
            runtime.spawn(async move {
                blocked.fetch_add(1, Ordering::AcqRel);
                hanging.hang();
            });
        }
        while blocked.load(Ordering::Acquire) < WORKERS {
            std::thread::yield_now();
        }
        self.runtime = Some(runtime);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.files.clear();
        self.releases.clear();
        self.guards.clear();
        drop(self.runtime.take());
    }
}

fn bystander(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("another"))
}

/// User code that hangs until its release is dropped.
struct Hanging(Mutex<Receiver<()>>);

impl Hanging {
    fn hang(&self) {
        let until = self.0.lock();
        let _ = until.map(|until| until.recv());
    }
}

impl JournalSink for Hanging {
    fn record(&self, _entry: &JournalEntry) {
        self.hang();
    }
}

impl Wake for Hanging {
    fn wake(self: Arc<Self>) {
        self.hang();
    }
}

struct HangsInDrop(Hanging);

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        self.0.hang();
    }
}
