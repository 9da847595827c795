//! Tasks that wait for something to change, each woken regardless of the others.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use tokio::sync::Notify;

use crate::contain::contain;

/// Tasks that wait for something to change.
///
/// A waker is foreign code. [`Notify`] alone would pass its panic on to the thread that made the change, and leave tasks
/// behind it asleep.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Notify);

impl Waiters {
    /// Wakes every task that waits.
    pub(crate) fn notify_waiters(&self) {
        self.0.notify_waiters();
    }

    /// Completes with the first notification after this call, which need not be polled for that.
    pub(crate) fn notified(&self) -> impl Future<Output = ()> + Send + Sync + '_ {
        let notified = self.0.notified();
        async {
            let mut notified = pin!(notified);
            poll_fn(|context| {
                let waker = ContainedWaker::around(context.waker());
                notified.as_mut().poll(&mut Context::from_waker(&waker))
            })
            .await;
        }
    }
}

/// A waker whose panics are contained, both when it wakes and when it is dropped.
struct ContainedWaker(Option<Waker>);

impl ContainedWaker {
    fn around(waker: &Waker) -> Waker {
        Arc::new(Self(Some(waker.clone()))).into()
    }
}

impl Wake for ContainedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let _ = contain(|| self.0.as_ref().map(Waker::wake_by_ref));
    }
}

impl Drop for ContainedWaker {
    fn drop(&mut self) {
        let _ = contain(|| drop(self.0.take()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Panics when it wakes, and when it is dropped.
    struct Hostile;

    impl Wake for Hostile {
        fn wake(self: Arc<Self>) {
            panic!("in a waker");
        }

        fn wake_by_ref(self: &Arc<Self>) {
            panic!("in a waker");
        }
    }

    impl Drop for Hostile {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("in the drop of a waker");
            }
        }
    }

    #[test]
    fn every_task_is_woken_beside_hostile_wakers() {
        let waiters = Waiters::default();
        let counted = Arc::new(Counted::default());
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(waiters.notified())).collect();
        let hostile: Waker = Arc::new(Hostile).into();
        for (nth, waiting) in waiting.iter_mut().enumerate() {
            let polled = if nth % 2 == 0 {
                waiting.as_mut().poll(&mut Context::from_waker(&hostile))
            } else {
                let waker = counted.clone().into();
                waiting.as_mut().poll(&mut Context::from_waker(&waker))
            };
            assert!(polled.is_pending());
        }
        // The last handles are those that wait.
        assert!(contain(|| drop(hostile)).is_some());
        waiters.notify_waiters();
        assert_eq!(counted.0.load(Ordering::Relaxed), 50);
        for mut waiting in waiting {
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_ready());
        }
    }

    #[test]
    fn a_notification_before_the_first_poll_counts() {
        let waiters = Waiters::default();
        let waiting = waiters.notified();
        waiters.notify_waiters();
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(waiting).poll(&mut context).is_ready());
        assert!(pin!(waiters.notified()).poll(&mut context).is_pending());
    }
}
