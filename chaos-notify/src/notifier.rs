//! Sends messages beside whatever else a program does.

use std::io;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use crate::courier::Courier;
use crate::message::Message;
use crate::notifications::Notifications;
use crate::outbox::Outbox;
use crate::receiver::{Deliver, Receiver};

/// The time that is left for messages at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends messages on a thread of its own, so that neither a receiver nor the disk holds up anything else.
#[derive(Debug)]
#[must_use = "what is sent at the end needs some time"]
pub struct Notifier {
    messages: UnboundedSender<Message>,
    ended: oneshot::Receiver<usize>,
}

impl Notifier {
    /// Begins with what is still in the outbox; `report` is called with what goes wrong for good.
    ///
    /// # Errors
    ///
    /// When the directory of the outbox can't be created, or there is no thread.
    pub fn begin(
        notifications: Notifications,
        report: impl Fn(String) + Send + 'static,
    ) -> io::Result<Self> {
        let Notifications {
            outbox, receivers, ..
        } = notifications;
        let named = |error: io::Error| {
            let problem = format!("{}: {error}", outbox.display());
            io::Error::new(error.kind(), problem)
        };
        let outbox = Outbox::open(outbox.clone()).map_err(named)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (messages, received) = unbounded_channel();
        let (end, ended) = oneshot::channel();
        let named = thread::Builder::new().name("chaos-notify".to_owned());
        named.spawn(move || {
            let left = runtime.block_on(notify(&outbox, &receivers, received, &report));
            // Without a receiver, nothing waits for it.
            let _ = end.send(left);
        })?;
        Ok(Self { messages, ended })
    }

    /// Sends a message to each receiver that wants it, without waiting for that.
    pub fn send(&self, message: Message) {
        // Its thread ends only with this value.
        let _ = self.messages.send(message);
    }

    /// Waits a few seconds at most for the messages that are not delivered yet; reports what is left, and returns how many.
    pub async fn end(self) -> usize {
        drop(self.messages);
        self.ended.await.unwrap_or_default()
    }
}

/// Sends messages until there are no more, and a while longer.
pub(crate) async fn notify<D: Deliver>(
    outbox: &Outbox,
    receivers: &[Receiver<D>],
    mut messages: UnboundedReceiver<Message>,
    report: &dyn Fn(String),
) -> usize {
    let (add, added) = watch::channel(());
    let couriers = receivers.iter();
    let couriers = couriers.map(|receiver| Courier::new(receiver, outbox, report));
    let couriers: Vec<_> = couriers.collect();
    let keep = async {
        while let Some(message) = messages.recv().await {
            let wanting = receivers.iter().filter(|one| one.wants(message.occasion));
            for Receiver { name, .. } in wanting {
                if let Err(error) = outbox.add(name, &message) {
                    report(format!(
                        "notification to {name}: {:?} can't be kept: {error}",
                        message.title
                    ));
                }
            }
            add.send_replace(());
        }
        drop(add);
        sleep(PATIENCE).await;
    };
    let carry = join_all(couriers.iter().map(|courier| courier.carry(added.clone())));
    tokio::select! {
        () = keep => {}
        _ = carry => {}
    }
    couriers.iter().map(Courier::report_left).sum()
}
