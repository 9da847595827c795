//! Delays of a build without injection, which use the runtime's timer.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

/// The clock of the current runtime.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Waits until `duration` has passed since the first poll, on the timer of the current runtime.
pub fn delay(duration: Duration) -> Delay {
    Delay(State::New(duration))
}

/// A delay, created by [`delay()`].
#[derive(Debug)]
#[must_use = "a delay does nothing unless it is awaited"]
pub struct Delay(State);

#[derive(Debug)]
enum State {
    New(Duration),
    Sleeping(Pin<Box<Sleep>>),
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.0 {
                State::New(duration) => {
                    let sleep = tokio::time::sleep(*duration);
                    self.0 = State::Sleeping(Box::pin(sleep));
                }
                State::Sleeping(sleep) => return sleep.as_mut().poll(context),
            }
        }
    }
}

/// Runs a future that completes with its first poll, as no fault delays it.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("without faults there is nothing to wait for"),
    }
}
