//! What holds something up, and how it is released.

use std::any::Any;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Waker};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault, JsonLines,
};

use super::hanging::Hanging;
use super::process_stop::Stopper;

/// What holds something up, until this is dropped.
#[derive(Default)]
pub(crate) struct Held {
    pub(super) stopper: Option<Stopper>,
    pub(super) others: Vec<Box<dyn Any>>,
    pub(super) files: Vec<File>,
    releases: Vec<Sender<()>>,
    guards: Vec<Arc<ExperimentGuard>>,
    waits: Vec<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Held {
    pub(super) fn hanging(&mut self) -> Hanging {
        let (release, hanging) = Hanging::new();
        self.releases.push(release);
        hanging
    }

    /// Starts another experiment, whose undo runs on a cleanup thread before this returns.
    pub(super) fn end_with(&mut self, chaos: &ChaosManager, undo: impl FnOnce() + Send + 'static) {
        let guard = start_short(chaos, "undone");
        let (began, has_begun) = channel();
        guard.on_end(move || {
            let _ = began.send(());
            undo();
        });
        has_begun.recv().expect("the undo begins");
        self.guards.push(guard);
    }

    pub(super) fn keep(&mut self, guard: ExperimentGuard) {
        self.guards.push(Arc::new(guard));
    }

    /// Leaves a waker with an experiment, to be woken at its end; false if it has ended already.
    pub(super) fn wait_with(&mut self, waker: &Waker, guard: Arc<ExperimentGuard>) -> bool {
        let mut wait = Box::pin(async move {
            let _ = guard.wait_for(1).await;
        });
        let polled = wait.as_mut().poll(&mut Context::from_waker(waker));
        self.waits.push(wait);
        polled.is_pending()
    }

    /// A JSON file that nothing reads, in a pipe that is full.
    pub(super) fn full_pipe(&mut self) -> std::io::Result<JsonLines> {
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

    /// Uses as much processor time as there is.
    pub(super) fn spin_on_every_core(&mut self) {
        let spinning = Spinning::default();
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            let ends = Arc::clone(&spinning.0);
            std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        self.others.push(Box::new(spinning));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.others.clear();
        self.files.clear();
        self.releases.clear();
        self.waits.clear();
        self.guards.clear();
    }
}

pub(super) fn bystander(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("another"))
}

/// Starts an experiment that ends by itself at once.
pub(super) fn start_short(chaos: &ChaosManager, name: &str) -> Arc<ExperimentGuard> {
    let short = bystander(name).time_limit(Duration::from_millis(5));
    Arc::new(chaos.start(short).expect("a start"))
}

/// Threads that spin until this is dropped.
#[derive(Default)]
struct Spinning(Arc<AtomicBool>);

impl Drop for Spinning {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
