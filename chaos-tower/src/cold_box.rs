//! A boxed future that is polled and dropped out of line.

use std::pin::Pin;
use std::task::{Context, Poll};

/// A boxed future that is polled and dropped out of line, so that callers with no such box pay nothing for it.
pub(crate) struct ColdBox<F>(Option<Pin<Box<F>>>);

impl<F> ColdBox<F> {
    #[inline(always)]
    pub(crate) fn new(future: Pin<Box<F>>) -> Self {
        Self(Some(future))
    }
}

impl<F: Future> ColdBox<F> {
    #[inline(always)]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        match &mut self.0 {
            Some(future) => poll_out_of_line(future.as_mut(), cx),
            None => unreachable!("the future is taken only on drop"),
        }
    }
}

impl<F> Drop for ColdBox<F> {
    #[inline(always)]
    fn drop(&mut self) {
        drop_out_of_line(self.0.take());
    }
}

// Neither function takes the address of the `ColdBox`: that would force the caller's future out of its registers.
#[cold]
#[inline(never)]
fn poll_out_of_line<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(cx)
}

#[cold]
#[inline(never)]
fn drop_out_of_line<F>(future: Option<Pin<Box<F>>>) {
    drop(future);
}
