//! Brings the messages of the outbox to one receiver.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::message::Message;
use crate::outbox::Outbox;
use crate::receiver::{Deliver, Receiver, Undelivered};

/// The time limit of an attempt.
const PATIENCE: Duration = Duration::from_secs(10);

/// The age at which a message has its last attempt.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// The delays between attempts, which never end.
const DELAYS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_delay(Duration::from_secs(60))
    .with_jitter()
    .without_max_times();

/// Sends a message once, within a time limit.
pub(crate) async fn attempt(means: &impl Deliver, message: &Message) -> Result<(), Undelivered> {
    let late = |_| Undelivered::ForNow(format!("no reply within {PATIENCE:?}"));
    let sent = timeout(PATIENCE, means.deliver(message)).await;
    sent.map_err(late)?
}

/// Brings messages to one receiver.
pub(crate) struct Courier<'n, D> {
    receiver: &'n Receiver<D>,
    outbox: &'n Outbox,
    report: &'n dyn Fn(String),
    /// Why the latest attempt failed.
    latest: RefCell<String>,
}

impl<'n, D: Deliver> Courier<'n, D> {
    pub(crate) fn new(
        receiver: &'n Receiver<D>,
        outbox: &'n Outbox,
        report: &'n dyn Fn(String),
    ) -> Self {
        Self {
            receiver,
            outbox,
            report,
            latest: RefCell::default(),
        }
    }

    /// Sends what is in the outbox, and what is added to it, until all is sent and nothing more can be `added`.
    pub(crate) async fn carry(&self, mut added: watch::Receiver<()>) {
        let mut delays = DELAYS.build();
        let mut is_ending = false;
        loop {
            // What was added until now is in this round, and no reason for another one.
            added.borrow_and_update();
            let is_done = self.round().await;
            if is_done && is_ending {
                return;
            }
            let delay = match is_done {
                true => {
                    delays = DELAYS.build();
                    Duration::MAX
                }
                false => delays.next().unwrap_or_default(),
            };
            tokio::select! {
                () = sleep(delay) => {}
                more = added.changed(), if !is_ending => {
                    is_ending = more.is_err();
                    // What is left has little time then.
                    delays = DELAYS.build();
                }
            }
        }
    }

    /// Reports what is still in the outbox, and returns how much it is.
    pub(crate) fn report_left(&self) -> usize {
        let left = self.outbox.pending(&self.receiver.name);
        let left = left.map_or(0, |left| left.len());
        if left > 0 {
            let (outbox, why) = (self.outbox.directory().display(), self.latest.borrow());
            let why = match why.as_str() {
                "" => "no reply yet",
                why => why,
            };
            self.report(&format!(
                "{left} undelivered, and kept in {outbox} for the next command with it: {why}"
            ));
        }
        left
    }

    /// Tries each message once, and returns whether none is left.
    async fn round(&self) -> bool {
        let pending = match self.outbox.pending(&self.receiver.name) {
            Ok(pending) => pending,
            Err(error) => {
                self.latest.replace(error.to_string());
                return false;
            }
        };
        let mut is_done = true;
        for path in pending {
            is_done &= self.bring(path).await.unwrap_or_else(|error| {
                self.report(&error.to_string());
                self.latest.replace(error.to_string());
                false
            });
        }
        is_done
    }

    /// Tries a message once, and returns whether that settles it.
    async fn bring(&self, path: PathBuf) -> io::Result<bool> {
        let Some(claim) = self.outbox.claim(&path)? else {
            self.latest.replace("another process sends it".to_owned());
            return Ok(!path.exists());
        };
        let message = &claim.message;
        let why = match attempt(&self.receiver.means, message).await {
            Ok(()) => return self.outbox.delivered(claim).map(|()| true),
            Err(Undelivered::ForGood(why)) => why,
            Err(Undelivered::ForNow(why)) => {
                if Timestamp::now().duration_since(message.time) < OLDEST {
                    self.latest.replace(why);
                    return Ok(false);
                }
                format!("given up after a day: {why}")
            }
        };
        self.report(&format!("{:?} is in `failed`: {why}", message.title));
        self.outbox.give_up(claim, why)?;
        Ok(true)
    }

    fn report(&self, problem: &str) {
        (self.report)(format!("notification to {}: {problem}", self.receiver.name));
    }
}
