//! What is looked at again and again while a run goes on: the target, and the clock of the lab.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chaos_core::adapter::HumanDuration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::probe::{Looked, Probe};
use super::running::ticks;
use crate::record::RecordEntry;

/// Records each look at the target until the tasks are dropped; a probe that hangs delays no other.
pub(super) fn start(
    tasks: &mut JoinSet<()>,
    probes: &[Arc<Probe>],
    entries: &UnboundedSender<RecordEntry>,
    entry: fn(String, Looked) -> RecordEntry,
) {
    for probe in probes {
        let (probe, entries) = (Arc::clone(probe), entries.clone());
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            let mut ticks = ticks(probe.every);
            loop {
                ticks.tick().await;
                while open.try_join_next().is_some() {}
                let (probe, entries) = (Arc::clone(&probe), entries.clone());
                open.spawn(async move {
                    let looked = probe.look().await;
                    // A run that has ended needs no look.
                    let _ = entries.send(entry(probe.name.clone(), looked));
                });
            }
        });
    }
}

/// The time between two looks at the clock.
const LOOK: Duration = Duration::from_millis(100);

/// A delay above this is not that of a busy machine.
const LONG: Duration = Duration::from_secs(2);

/// Looks at the clock until it is dropped, and records each time that the lab was held up.
pub(super) async fn watch_clock(entries: UnboundedSender<RecordEntry>) {
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
