//! `ChaosPoolConnection`: a connection that returns to its pool.

use std::ops::{Deref, DerefMut};

use sqlx::Error;

use crate::ChaosConnection;
use crate::driver::ChaosDatabase;
use crate::wrapped::WrappedConnection;

/// A connection of a [`ChaosPool`](crate::ChaosPool), to which it returns when dropped.
#[derive(Debug)]
pub struct ChaosPoolConnection<DB: ChaosDatabase>(ChaosConnection<DB>);

impl<DB: ChaosDatabase> ChaosPoolConnection<DB> {
    pub(crate) fn new(connection: WrappedConnection<DB>) -> Self {
        Self(ChaosConnection::new(connection))
    }

    pub(crate) fn into_inner(self) -> ChaosConnection<DB> {
        self.0
    }

    /// Closes the connection, and frees its place in the pool.
    ///
    /// # Errors
    ///
    /// Those of sqlx.
    pub async fn close(self) -> Result<(), Error> {
        self.0.close().await
    }

    /// Closes the connection when it is dropped, instead of returning it to the pool.
    pub fn close_on_drop(&mut self) {
        self.0.wrapped_mut().close_on_drop();
    }

    /// Returns the connection to the pool now, instead of when it is dropped.
    ///
    /// It is ended from then on: later statements on it return an error.
    pub fn return_to_pool(&mut self) -> impl Future<Output = ()> + Send + 'static + use<DB> {
        self.0.wrapped_mut().return_to_pool()
    }

    /// Removes the connection from the pool, which may open another one.
    #[must_use]
    pub fn detach(mut self) -> ChaosConnection<DB> {
        self.0.wrapped_mut().detach();
        self.0
    }

    /// Removes the connection from the pool, which keeps one connection less for good.
    #[must_use]
    pub fn leak(mut self) -> ChaosConnection<DB> {
        self.0.wrapped_mut().leak();
        self.0
    }
}

impl<DB: ChaosDatabase> Deref for ChaosPoolConnection<DB> {
    type Target = ChaosConnection<DB>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<DB: ChaosDatabase> DerefMut for ChaosPoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
