//! What only SQLite's connections can do. Faults never affect it.

use sqlx::sqlite::LockedSqliteHandle;
#[cfg(feature = "sqlite-deserialize")]
use sqlx::sqlite::SqliteOwnedBuf;
use sqlx::{Error, Sqlite};

use crate::ChaosConnection;

impl ChaosConnection<Sqlite> {
    /// Locks SQLite's own handle, for hooks, collations and progress handlers; faults never affect its use.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and when a fault has ended the connection.
    pub async fn lock_handle(&mut self) -> Result<LockedSqliteHandle<'_>, Error> {
        self.bypass()?.lock_handle().await
    }

    /// Returns a database as the bytes of its file; faults never affect this.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and when a fault has ended the connection.
    #[cfg(feature = "sqlite-deserialize")]
    pub async fn serialize(&mut self, schema: Option<&str>) -> Result<SqliteOwnedBuf, Error> {
        self.bypass()?.serialize(schema).await
    }

    /// Replaces a database by one in memory, read from the bytes of its file; faults never affect this.
    ///
    /// # Errors
    ///
    /// Those of sqlx, and when a fault has ended the connection.
    #[cfg(feature = "sqlite-deserialize")]
    pub async fn deserialize(
        &mut self,
        schema: Option<&str>,
        data: SqliteOwnedBuf,
        read_only: bool,
    ) -> Result<(), Error> {
        self.bypass()?.deserialize(schema, data, read_only).await
    }
}
