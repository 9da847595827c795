//! Probes the target again and again while a run goes on.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

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
