//! The scope that code currently runs in.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;

use super::Scope;

tokio::task_local! {
    static CURRENT: Scope;
}

impl Scope {
    /// Returns the scope that this code runs in, if there is one.
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
    /// A task that the future spawns runs in no scope, unless it is wrapped in [`Scope::carry`].
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
            inner: Inner::InScope {
                future: CURRENT.scope(self.clone(), future),
            },
        }
    }

    /// Calls `start` in `scope`, and runs the future that it returns there too.
    ///
    /// Without a scope, both run in the current one. Unlike with [`enter`](Self::enter), the work that `start` does before
    /// it returns its future belongs to the scope as well, such as the work of a service in `call`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use chaos_core::Scope;
    ///
    /// let current_key = || {
    ///     let key = Scope::current().map(|scope| scope.key().to_owned());
    ///     std::future::ready(key)
    /// };
    /// let scope = Scope::new("order-7");
    /// assert_eq!(Scope::enter_optional(Some(&scope), current_key).await.as_deref(), Some("order-7"));
    /// assert_eq!(Scope::enter_optional(None, current_key).await, None);
    /// # });
    /// ```
    pub fn enter_optional<F: Future>(scope: Option<&Self>, start: impl FnOnce() -> F) -> Scoped<F> {
        match scope {
            Some(scope) => scope.enter(scope.enter_blocking(start)),
            None => Scoped::unscoped(start()),
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

    /// Runs `future` in the scope that is current now, wherever the future is polled later.
    ///
    /// The scope is captured when this function is called, not when the future is polled. Without a current scope the
    /// future is unchanged.
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
    pub fn carry<F: Future>(future: F) -> Scoped<F> {
        match Self::current() {
            Some(scope) => scope.enter(future),
            None => Scoped::unscoped(future),
        }
    }
}

pin_project! {
    /// A future that runs in a [`Scope`]; returned by [`Scope::enter`], [`Scope::enter_optional`] and [`Scope::carry`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Scoped<F> {
        #[pin]
        inner: Inner<F>,
    }
}

pin_project! {
    #[project = InnerProjection]
    enum Inner<F> {
        InScope { #[pin] future: TaskLocalFuture<Scope, F> },
        Unscoped { #[pin] future: F },
    }
}

impl<F> Scoped<F> {
    fn unscoped(future: F) -> Self {
        Self {
            inner: Inner::Unscoped { future },
        }
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().inner.project() {
            InnerProjection::InScope { future } => future.poll(cx),
            InnerProjection::Unscoped { future } => future.poll(cx),
        }
    }
}

#[cfg(test)]
mod tests;
