//! Notices when the lab itself is held up, as by a stopped process or a paused machine.

use std::time::{Duration, Instant};

use chaos_core::adapter::HumanDuration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

use crate::record::RecordEntry;

/// The time between two looks at the clock.
const LOOK: Duration = Duration::from_millis(100);

/// A delay above this is not that of a busy machine.
const LONG: Duration = Duration::from_secs(2);

/// Looks at the clock until it is dropped, and records each time that the lab was held up.
pub(super) async fn watch(entries: UnboundedSender<RecordEntry>) {
    loop {
        let before = Instant::now();
        sleep(LOOK).await;
        let late = before.elapsed().saturating_sub(LOOK);
        if late > LONG {
            // A run that has ended needs no time.
            let _ = entries.send(RecordEntry::HeldUp(HumanDuration(late)));
        }
    }
}
