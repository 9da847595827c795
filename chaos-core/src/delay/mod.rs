//! Precise delays.
//!
//! Tokio's timer counts whole milliseconds and is a millisecond late, which is more than typical latencies between
//! services on one machine. Here, a dedicated thread of the process sleeps until the next deadline and wakes each task
//! directly.

mod block_on;
mod by_runtime;
mod clock;
mod due;
mod queue;
mod release;
mod timer;

pub(crate) use block_on::block_on;
pub use clock::is_clock_paused;
pub(crate) use clock::now;
pub(crate) use due::Due;
pub(crate) use release::Release;

use queue::{Parked, Ticket};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Waits until `duration` has passed since the first poll; never ends early, and ends at most slightly late.
///
/// It needs no runtime. Inside one with a paused clock (`tokio::time::pause`), it follows that clock, so a test with an
/// hour of delays takes milliseconds.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// chaos_core::delay(Duration::from_micros(200)).await;
/// assert!(start.elapsed() >= Duration::from_micros(200));
/// # }
/// ```
pub fn delay(duration: Duration) -> Delay {
    Delay {
        state: State::New(duration),
        release: None,
    }
}

/// A precise delay, created by [`delay()`].
///
/// It starts with the first poll. Dropping it at any time leaves nothing behind.
#[must_use = "a delay does nothing unless it is awaited"]
pub struct Delay {
    state: State,
    release: Option<Arc<Release>>,
}

enum State {
    New(Duration),
    Timed(Ticket),
    /// With a paused clock, which only the runtime's timer follows, or without a timer thread.
    ByRuntime(by_runtime::Wait),
    Done,
}

impl Delay {
    /// Creates a delay that ends when `duration` has passed or `release` fires, whichever is first.
    ///
    /// A duration beyond the range of the clock, such as [`Duration::MAX`], ends only with the release.
    pub(crate) fn until_released(duration: Duration, release: Arc<Release>) -> Delay {
        Delay {
            state: State::New(duration),
            release: Some(release),
        }
    }

    fn start(&self, duration: Duration) -> State {
        let by_runtime =
            if !block_on::is_blocking() && (is_clock_paused() || timer::timer().is_none()) {
                by_runtime::wait(duration, self.release.clone())
            } else {
                None
            };
        by_runtime.map_or_else(
            || State::Timed(Ticket::new(Due::after(Instant::now(), duration))),
            State::ByRuntime,
        )
    }

    fn wait(&self, ticket: Ticket, context: &Context<'_>) -> Poll<()> {
        if ticket.due().has_come(Instant::now()) {
            return Poll::Ready(());
        }
        let Some(timer) = timer::timer() else {
            // With neither a thread nor a runtime, polling in a loop is expensive, but on time.
            context.waker().wake_by_ref();
            return Poll::Pending;
        };
        if timer.will_wake(ticket, context.waker()) {
            return Poll::Pending;
        }
        let parked = Parked {
            waker: context.waker().clone(),
            release: self.release.clone(),
        };
        timer.park(ticket, parked)
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let State::New(duration) = this.state {
            this.state = if duration.is_zero() {
                State::Done
            } else {
                this.start(duration)
            };
        }
        let released = this.release.as_deref().is_some_and(Release::is_released);
        let poll = match &mut this.state {
            _ if released => Poll::Ready(()),
            State::New(_) | State::Done => Poll::Ready(()),
            State::ByRuntime(wait) => wait.as_mut().poll(context),
            State::Timed(ticket) => {
                let ticket = *ticket;
                this.wait(ticket, context)
            }
        };
        if poll.is_ready() {
            // The timer thread removes due and released delays, so they need no cancellation under the lock.
            this.state = State::Done;
        }
        poll
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let State::Timed(ticket) = self.state
            && let Some(timer) = timer::timer()
        {
            timer.cancel(ticket);
        }
    }
}

impl fmt::Debug for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delay").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
