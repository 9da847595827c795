//! Sees to it that nothing is held any longer because the runtime that holds it is blocked.

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

/// Has the runtime do the work of an errand; what is left of it soon after the errand's end is dropped elsewhere.
///
/// # Errors
///
/// When there is no thread to be had that would do so; the work is not begun then.
pub(super) fn spawn(
    runtime: &Handle,
    errand: Arc<AdapterWork>,
    work: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let work = Box::pin(work);
    let shared = Arc::new(Shared(Mutex::new(Some(Work { work, errand }))));
    let (working, is_over) = oneshot::channel();
    // A thread of its own, as for locks: what the runtime starves must not be what ends it.
    std::thread::Builder::new()
        .name("chaos-hold".to_owned())
        .spawn({
            let shared = Arc::clone(&shared);
            move || watch(&shared, is_over)
        })?;
    runtime.spawn(async move {
        // Dropped with the task, be it done or given up by its runtime.
        let _working = working;
        poll_fn(|cx| shared.poll(cx)).await;
    });
    Ok(())
}

/// The work of an errand, for whoever comes first: the runtime that does it, or the watchdog that ends it.
struct Shared(Mutex<Option<Work>>);

struct Work {
    work: BoxFuture<'static, ()>,
    errand: Arc<AdapterWork>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.lock();
        let Some(Work { work, .. }) = &mut *shared else {
            return Poll::Ready(());
        };
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            *shared = None;
        }
        polled
    }

    fn ended(&self) -> Option<Delay> {
        let ended = |shared: &Work| shared.errand.ended(Duration::MAX);
        self.lock().as_ref().map(ended)
    }

    fn take(&self) -> Option<Work> {
        self.lock().take()
    }
}

fn watch(shared: &Shared, mut is_over: oneshot::Receiver<Infallible>) {
    let Ok(runtime) = Builder::new_current_thread().build() else {
        return;
    };
    runtime.block_on(async {
        let Some(ended) = shared.ended() else { return };
        tokio::select! {
            _ = &mut is_over => return,
            () = ended => {}
        }
        tokio::select! {
            _ = is_over => {}
            () = chaos_core::delay(GRACE) => {}
        }
    });
    let Some(Work { work, errand }) = shared.take() else {
        return;
    };
    tracing::debug!("connections were held by a runtime that does not run; they are closed");
    let entered = runtime.enter();
    drop(work);
    drop(entered);
    // A connection that is dropped spawns its return to the pool: with this runtime that ends before it begins, which
    // closes the connection and frees its place.
    drop(runtime);
    drop(errand);
}

/// How long a runtime may take to give back by itself what is reused then: longer than it waits for any connection.
const GRACE: Duration = super::PATIENCE.saturating_mul(2);
