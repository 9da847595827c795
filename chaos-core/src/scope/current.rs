use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;
use tokio::task::futures::TaskLocalFuture;

use super::Scope;

tokio::task_local! {
    static CURRENT: Scope;
}

impl Scope {
    /// The scope that this code runs in, if it runs in one.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_get().ok()
    }

    /// Reads the current scope without cloning it.
    ///
    /// `read` must not enter a scope: the current one is borrowed while it runs.
    #[inline]
    pub(crate) fn with_current<R>(mut read: impl FnMut(Option<&Self>) -> R) -> R {
        match CURRENT.try_with(|scope| read(Some(scope))) {
            Ok(answer) => answer,
            Err(_) => read(None),
        }
    }

    /// Runs `future` in this scope: at every poll, and while it is dropped.
    ///
    /// A task that it spawns runs in no scope, unless it is wrapped in [`Scope::carry`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use chaos_core::Scope;
    ///
    /// let scope = Scope::new("order-7");
    /// scope
    ///     .enter(async {
    ///         assert_eq!(Scope::current().unwrap().key(), "order-7");
    ///     })
    ///     .await;
    /// assert!(Scope::current().is_none());
    /// # });
    /// ```
    pub fn enter<F: Future>(&self, future: F) -> Scoped<F> {
        Scoped {
            future: CURRENT.scope(self.clone(), future),
        }
    }

    /// Runs `work` in this scope on this thread.
    ///
    /// ```
    /// use chaos_core::Scope;
    ///
    /// let key = Scope::new("order-7").enter_blocking(|| Scope::current().unwrap().key().to_owned());
    /// assert_eq!(key, "order-7");
    /// ```
    pub fn enter_blocking<R>(&self, work: impl FnOnce() -> R) -> R {
        CURRENT.sync_scope(self.clone(), work)
    }

    /// Lets `future` take the current scope along to wherever it will run.
    ///
    /// The scope is taken when this is called, not when the future is polled. Without a current scope
    /// the future is left as it is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use chaos_core::Scope;
    ///
    /// let task = Scope::new("order-7").enter_blocking(|| {
    ///     tokio::spawn(Scope::carry(async { Scope::current().unwrap().key().to_owned() }))
    /// });
    /// assert_eq!(task.await.unwrap(), "order-7");
    /// # });
    /// ```
    pub fn carry<F: Future>(future: F) -> Carried<F> {
        match Self::current() {
            Some(scope) => Carried(Carry::Along(scope.enter(future))),
            None => Carried(Carry::Bare(future)),
        }
    }
}

/// A future that runs in a scope; made by [`Scope::enter`].
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct Scoped<F> {
    #[pin]
    future: TaskLocalFuture<Scope, F>,
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

/// A future that takes along the scope it was made in; made by [`Scope::carry`].
#[pin_project]
#[must_use = "futures do nothing unless polled"]
pub struct Carried<F>(#[pin] Carry<F>);

#[pin_project(project = CarryProjection)]
enum Carry<F> {
    Along(#[pin] Scoped<F>),
    Bare(#[pin] F),
}

impl<F> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().0.project() {
            CarryProjection::Along(future) => future.poll(cx),
            CarryProjection::Bare(future) => future.poll(cx),
        }
    }
}

#[cfg(test)]
mod tests;
