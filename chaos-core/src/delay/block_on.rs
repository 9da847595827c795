//! A minimal executor: a thread that parks until its future is woken.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

thread_local! {
    static BLOCKING: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is blocked by [`block_on`], so that the runtime's paused clock can't advance.
pub(super) fn is_blocking() -> bool {
    BLOCKING.get() > 0
}

/// Counts this thread as blocked until it is dropped.
struct Blocking;

impl Blocking {
    fn start() -> Self {
        BLOCKING.set(BLOCKING.get() + 1);
        Self
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        BLOCKING.set(BLOCKING.get() - 1);
    }
}

/// Runs `future` to completion on this thread, which is parked while the future is pending.
///
/// It is meant for plain threads: a worker of a runtime would hold up its other tasks. Delays within it take real time,
/// even if the runtime's clock is paused, as that clock waits for this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let _blocking = Blocking::start();
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_future_returns_at_once() {
        assert_eq!(block_on(std::future::ready(7)), 7);
    }

    #[test]
    fn a_wake_from_another_thread_resumes_the_future() {
        let (send, mut receive) = tokio::sync::oneshot::channel();
        let sender = thread::spawn(move || send.send(7));
        assert_eq!(block_on(&mut receive), Ok(7));
        assert!(sender.join().is_ok());
    }
}
