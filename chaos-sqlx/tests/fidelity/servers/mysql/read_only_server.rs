//! A server that nobody may write to.

use std::thread;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Error};
use tokio::runtime::Builder;

use super::stage::{Stage, run};

/// A server that nobody may write to but who may do all, as do all other tests, until it is dropped.
pub(super) struct ReadOnly {
    options: MySqlConnectOptions,
}

impl ReadOnly {
    pub(super) async fn begin(stage: &Stage) -> Self {
        let options = stage.options().clone();
        // Made first: it may be set even if nobody waits for the answer.
        let read_only = Self { options };
        read_only.set("ON").await.unwrap();
        read_only
    }

    async fn set(&self, value: &str) -> Result<(), Error> {
        let mut session = self.options.connect().await?;
        run(&mut session, &format!("SET GLOBAL read_only = {value}")).await
    }
}

/// On a thread of its own, so that a test that fails or is given up ends it as well: everybody else is on that server.
impl Drop for ReadOnly {
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
