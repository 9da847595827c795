//! Threads of the Tokio runtime that are blocked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::PressureError;
use super::held::{Held, Waited};
use super::keeper::Hog;
use super::resource::{PressureKind, RuntimeWorkers};

const EVERY: Duration = Duration::from_millis(20);

/// Tasks that block threads of a runtime.
pub(super) struct Blocking {
    runtime: Handle,
    which: Which,
    most: u32,
    tasks: Vec<JoinHandle<()>>,
    blocked: Arc<AtomicU32>,
}

#[derive(Clone, Copy)]
enum Which {
    Workers { blocked_for: Duration },
    Pool,
}

impl Blocking {
    /// Blocks workers of the runtime that this is called in.
    pub(super) fn workers(workers: RuntimeWorkers) -> Result<Self, PressureError> {
        let kind = PressureKind::RuntimeWorkers;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        let there = runtime.metrics().num_workers();
        if workers.workers as usize > there {
            return Err(PressureError::TooManyWorkers {
                kind,
                requested: workers.workers,
                there,
            });
        }
        let blocked_for = workers.blocked_for;
        Ok(Self::new(
            runtime,
            Which::Workers { blocked_for },
            workers.workers,
        ))
    }

    /// Takes threads of the pool of the runtime that this is called in.
    pub(super) fn pool(threads: u32) -> Result<Self, PressureError> {
        let kind = PressureKind::BlockingPool;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        Ok(Self::new(runtime, Which::Pool, threads))
    }

    fn new(runtime: Handle, which: Which, most: u32) -> Self {
        Self {
            runtime,
            which,
            most,
            tasks: Vec::new(),
            blocked: Arc::default(),
        }
    }

    fn block_one(&self, held: &Arc<Held>) -> JoinHandle<()> {
        let (held, blocked) = (Arc::clone(held), Arc::clone(&self.blocked));
        match self.which {
            Which::Workers { blocked_for } => self.runtime.spawn(async move {
                if held.is_stopping() {
                    return;
                }
                let _counted = Counted::new(&blocked);
                // One that is queued when the end comes finds no entry, and blocks nobody.
                while let Some(present) = held.enter() {
                    if held.wait(blocked_for) == Waited::Stop {
                        return;
                    }
                    // Not counted while it waits for its next turn, which may take as long as the runtime likes.
                    drop(present);
                    tokio::task::yield_now().await;
                }
            }),
            Which::Pool => self.runtime.spawn_blocking(move || {
                if let Some(_present) = held.enter() {
                    let _counted = Counted::new(&blocked);
                    while held.wait(Duration::MAX) == Waited::GoOn {}
                }
            }),
        }
    }
}

impl Hog for Blocking {
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<(), String> {
        let wanted = (f64::from(self.most) * share) as usize;
        while self.tasks.len() < wanted && !held.is_stopping() {
            self.tasks.push(self.block_one(held));
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        f64::from(self.blocked.load(Ordering::Acquire))
    }

    fn every(&self) -> Duration {
        EVERY
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        // Those that have not begun never will; the others see the end by themselves.
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// One more that is blocked, until it is dropped.
struct Counted(Arc<AtomicU32>);

impl Counted {
    fn new(blocked: &Arc<AtomicU32>) -> Self {
        blocked.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(blocked))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
