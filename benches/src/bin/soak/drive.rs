//! An executor with a hostile waker: it wakes its thread, and then may be slow, panic or hang.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::count::WAKES;
use crate::dice::Dice;
use crate::hostile::{HostileDrop, Worst, contain, misbehave};

/// The time after which something has hung.
pub(crate) const FOREVER: Duration = Duration::from_secs(60);

struct HostileWaker {
    thread: Thread,
    dice: Dice,
    worst: Worst,
    _drop: HostileDrop,
}

impl Wake for HostileWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.thread.unpark();
        WAKES.add(1);
        misbehave(&self.dice, self.worst, 200);
    }
}

/// Polls a future until it is ready, or drops it when its time is over; each poll has another waker.
///
/// What `wait` returns lives from after a poll until before the next.
pub(crate) fn drive<F: Future, W>(
    future: F,
    at_most: Duration,
    worst: Worst,
    dice: &Dice,
    mut wait: impl FnMut() -> W,
) -> Option<F::Output> {
    let until = Instant::now() + at_most;
    let mut future = pin!(future);
    loop {
        let waker = Waker::from(Arc::new(HostileWaker {
            thread: std::thread::current(),
            dice: dice.another(),
            worst,
            _drop: HostileDrop(dice.another(), 500),
        }));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        contain(|| drop(waker));
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        let _waiting = wait();
        let left = until.checked_duration_since(Instant::now())?;
        // Sometimes polled early, so that another waker takes the place of the last.
        let early = dice.millis(0, 2);
        std::thread::park_timeout(left.min(if dice.is_one_in(4) { early } else { FOREVER }));
    }
}
