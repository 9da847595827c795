//! The watchdog: frees held connections if the runtime that holds them is blocked.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use chaos_core::Delay;
use chaos_core::adapter::AdapterWork;
use futures_core::future::BoxFuture;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::hold_and_return::RETURN_TIMEOUT;

/// How long the runtime may take to return the connections itself, in which case the pool reuses them.
const GRACE: Duration = RETURN_TIMEOUT.saturating_mul(2);

/// Spawns a task on a runtime, and a thread that drops the task if it does not finish after the experiment's end.
///
/// # Errors
///
/// When the thread can't be started; the task is not started then.
pub(super) fn spawn(
    runtime: &Handle,
    work: Arc<AdapterWork>,
    task: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let task = Box::pin(task);
    let shared = Arc::new(SharedTask(Mutex::new(Some(Task { task, work }))));
    let (running, finished) = oneshot::channel();
    // A dedicated thread: whatever blocks the runtime must not block the watchdog.
    std::thread::Builder::new()
        .name("chaos-hold".to_owned())
        .spawn({
            let shared = Arc::clone(&shared);
            move || watch(&shared, finished)
        })?;
    runtime.spawn(async move {
        // Dropped with this task, whether it finishes or its runtime shuts down.
        let _running = running;
        poll_fn(|cx| shared.poll(cx)).await;
    });
    Ok(())
}

/// A task that the runtime finishes or the watchdog drops.
struct SharedTask(Mutex<Option<Task>>);

struct Task {
    task: BoxFuture<'static, ()>,
    work: Arc<AdapterWork>,
}

impl SharedTask {
    fn lock(&self) -> MutexGuard<'_, Option<Task>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.lock();
        let Some(Task { task, .. }) = &mut *shared else {
            return Poll::Ready(());
        };
        let polled = task.as_mut().poll(cx);
        if polled.is_ready() {
            *shared = None;
        }
        polled
    }

    /// Returns a future that resolves when the experiment ends, unless the task has finished.
    fn experiment_end(&self) -> Option<Delay> {
        let end = |shared: &Task| shared.work.ended(Duration::MAX);
        self.lock().as_ref().map(end)
    }

    fn take(&self) -> Option<Task> {
        self.lock().take()
    }
}

fn watch(shared: &SharedTask, mut finished: oneshot::Receiver<Infallible>) {
    let Ok(runtime) = Builder::new_current_thread().build() else {
        return;
    };
    runtime.block_on(async {
        let Some(end) = shared.experiment_end() else {
            return;
        };
        tokio::select! {
            _ = &mut finished => return,
            () = end => {}
        }
        tokio::select! {
            _ = finished => {}
            () = chaos_core::delay(GRACE) => {}
        }
    });
    let Some(Task { task, work }) = shared.take() else {
        return;
    };
    tracing::debug!("the runtime that holds connections is blocked: closing them");
    let entered = runtime.enter();
    drop(task);
    drop(entered);
    // A dropped connection spawns its return to the pool. Shutting this runtime down cancels that before it starts,
    // which closes the connection and frees its place.
    drop(runtime);
    drop(work);
}
