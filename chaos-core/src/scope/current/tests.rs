use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread;

use super::*;

fn current_key() -> Option<String> {
    Scope::with_current(|scope| scope.map(|scope| scope.key().to_owned()))
}

fn is_current(key: &str) -> bool {
    current_key().as_deref() == Some(key)
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Records the current scope when it is dropped.
struct RecordsOnDrop(Arc<Mutex<Option<String>>>);

impl Drop for RecordsOnDrop {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = current_key();
    }
}

#[test]
fn no_scope_is_current_by_default() {
    assert!(Scope::current().is_none());
    assert_eq!(current_key(), None);
}

#[tokio::test]
async fn the_current_scope_shares_the_history_of_the_one_entered() {
    let scope = Scope::new("a");
    scope
        .enter(async { Scope::current().unwrap().count_for(1) })
        .await;
    assert_eq!(scope.peek_count(1), 1);
}

#[tokio::test]
async fn a_scope_is_current_after_every_await_until_the_end() {
    Scope::new("a")
        .enter(async {
            assert!(is_current("a"));
            tokio::task::yield_now().await;
            assert!(is_current("a"));
        })
        .await;
    assert_eq!(current_key(), None);
}

#[test]
fn a_pending_future_does_not_leave_its_scope_behind() {
    let mut future = pin!(Scope::new("a").enter(pending::<()>()));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(current_key(), None);
}

#[tokio::test]
async fn nested_scopes_restore_the_outer_one() {
    let inner = Scope::new("inner");
    Scope::new("outer")
        .enter(async {
            inner
                .enter(async {
                    tokio::task::yield_now().await;
                    assert!(is_current("inner"));
                })
                .await;
            assert!(is_current("outer"));
            inner.enter_blocking(|| assert!(is_current("inner")));
            assert!(is_current("outer"));
        })
        .await;
}

#[test]
fn a_panic_restores_the_outer_scope() {
    Scope::new("outer").enter_blocking(|| {
        let inner = Scope::new("inner");
        let panicking = poll_fn::<(), _>(|_| panic!("on purpose"));
        let mut future = pin!(inner.enter(panicking));
        assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
        assert!(is_current("outer"));

        let panicking = || inner.enter_blocking(|| panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        assert!(is_current("outer"));
    });
    assert_eq!(current_key(), None);
}

#[test]
fn a_future_is_dropped_in_its_scope() {
    let seen = Arc::new(Mutex::new(None));
    let recorder = RecordsOnDrop(Arc::clone(&seen));
    let future = Scope::new("a").enter(async move {
        let _recorder = recorder;
        pending::<()>().await;
    });
    drop(future);
    assert_eq!(seen.lock().unwrap().as_deref(), Some("a"));
    assert_eq!(current_key(), None);
}

#[tokio::test]
async fn a_spawned_task_has_no_scope_unless_carried() {
    let scope = Scope::new("a");
    let tasks = scope.enter_blocking(|| {
        (
            tokio::spawn(async { current_key() }),
            tokio::spawn(Scope::carry(async { current_key() })),
        )
    });
    assert_eq!(tasks.0.await.unwrap(), None);
    assert_eq!(tasks.1.await.unwrap().as_deref(), Some("a"));
}

#[test]
fn carry_captures_the_scope_when_it_is_called() {
    let carried = Scope::new("a").enter_blocking(|| Scope::carry(async { current_key() }));
    let mut carried = pin!(carried);
    let polled = Scope::new("b").enter_blocking(|| poll_once(carried.as_mut()));
    assert_eq!(polled, Poll::Ready(Some("a".to_owned())));
}

#[test]
fn a_carried_future_shares_the_history() {
    let scope = Scope::new("a");
    let carried =
        scope.enter_blocking(|| Scope::carry(async { Scope::current().unwrap().count_for(1) }));
    assert!(poll_once(pin!(carried)).is_ready());
    assert_eq!(scope.peek_count(1), 1);
}

#[test]
fn carry_without_a_scope_changes_nothing() {
    assert_eq!(poll_once(pin!(Scope::carry(ready(7)))), Poll::Ready(7));
    let mut carried = pin!(Scope::carry(async { current_key() }));
    let polled = Scope::new("b").enter_blocking(|| poll_once(carried.as_mut()));
    assert_eq!(polled, Poll::Ready(Some("b".to_owned())));
}

#[test]
fn a_thread_can_enter_a_scope() {
    let scope = Scope::new("a");
    let seen = thread::scope(|threads| {
        threads
            .spawn(|| scope.enter_blocking(current_key))
            .join()
            .unwrap()
    });
    assert_eq!(seen.as_deref(), Some("a"));
    assert_eq!(current_key(), None);
}
