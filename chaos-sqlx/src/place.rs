//! A pool, and what is known of it wherever one of its connections is.

use std::num::NonZeroU32;
use std::sync::Arc;

use chaos_core::Site;
use chaos_core::adapter::AdapterWork;
use sqlx::{Database, Pool};

use crate::holding::Holders;
use crate::lent::Lending;

/// A pool, and what is known of it wherever one of its connections is.
pub(crate) struct Place<DB: Database> {
    pub(crate) pool: Pool<DB>,
    pub(crate) site: Site,
    pub(crate) holders: Holders,
    pub(crate) lending: Lending,
}

impl<DB: Database> Place<DB> {
    /// Holds so many connections until the errand has ended.
    pub(crate) fn hold(&self, connections: NonZeroU32, errand: &Arc<AdapterWork>) {
        self.holders.hold(&self.pool, connections, errand);
    }
}
