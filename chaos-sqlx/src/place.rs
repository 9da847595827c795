//! A pool, and what is known of it wherever one of its connections is.

use chaos_core::Site;
use sqlx::{Database, Pool};

use crate::holding::Holders;

/// A pool, and what is known of it wherever one of its connections is.
pub(crate) struct Place<DB: Database> {
    pub(crate) pool: Pool<DB>,
    pub(crate) site: Site,
    pub(crate) holders: Holders,
}
