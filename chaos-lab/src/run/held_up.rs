//! Notices when the lab itself is held up, as by a stopped process or a paused machine.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The time between two looks at the clock.
const LOOK: Duration = Duration::from_millis(100);

/// A delay above this is not that of a busy machine.
const LONG: Duration = Duration::from_secs(2);

/// Looks at the clock until it is dropped.
pub(super) struct HeldUp {
    /// How long the lab was held up, each time that it was.
    pub(super) times: UnboundedReceiver<Duration>,
    _task: JoinSet<()>,
}

impl HeldUp {
    pub(super) fn watch() -> Self {
        let (sender, times) = unbounded_channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                let before = Instant::now();
                sleep(LOOK).await;
                let late = before.elapsed().saturating_sub(LOOK);
                if late > LONG {
                    // A run that has ended needs no time.
                    let _ = sender.send(late);
                }
            }
        });
        Self { times, _task: task }
    }
}
