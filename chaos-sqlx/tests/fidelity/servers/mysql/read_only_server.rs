//! A server that is read-only for a while.

use std::thread;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Error};
use tokio::runtime::Builder;

use super::mysql_fixture::{MySqlFixture, run};

/// Makes the server read-only until dropped; the sessions of other tests are exempt, because they are administrators.
pub(super) struct ReadOnlyServer {
    options: MySqlConnectOptions,
}

impl ReadOnlyServer {
    pub(super) async fn begin(fixture: &MySqlFixture) -> Self {
        let options = fixture.options().clone();
        // Created first: the server may be read-only even if this future is dropped before the reply.
        let read_only = Self { options };
        read_only.set("ON").await.unwrap();
        read_only
    }

    async fn set(&self, value: &str) -> Result<(), Error> {
        let mut session = self.options.connect().await?;
        run(&mut session, &format!("SET GLOBAL read_only = {value}")).await
    }
}

/// Uses a dedicated thread, because other tests use the server even if this one fails or is cancelled.
impl Drop for ReadOnlyServer {
    fn drop(&mut self) {
        let ended = thread::scope(|scope| {
            let end = || {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.set("OFF"))
            };
            scope.spawn(end).join()
        });
        let ended = matches!(ended, Ok(Ok(())));
        assert!(ended || thread::panicking(), "the server stays read-only");
    }
}
