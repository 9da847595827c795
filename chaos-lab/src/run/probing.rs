//! Probes the target again and again while a run goes on.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use super::probe::{Looked, Probe};
use super::running::ticks;

/// Probes the target until it is dropped; a probe that hangs delays no other.
pub(super) struct Probing {
    pub(super) looks: UnboundedReceiver<(String, Looked)>,
    _tasks: JoinSet<()>,
}

impl Probing {
    pub(super) fn start(probes: &[Arc<Probe>]) -> Self {
        let (sender, looks) = unbounded_channel();
        let mut tasks = JoinSet::new();
        for probe in probes {
            let sender = sender.clone();
            let probe = Arc::clone(probe);
            tasks.spawn(async move {
                let mut open = JoinSet::new();
                let mut ticks = ticks(probe.every);
                loop {
                    ticks.tick().await;
                    while open.try_join_next().is_some() {}
                    let (probe, sender) = (Arc::clone(&probe), sender.clone());
                    open.spawn(async move {
                        let looked = probe.look().await;
                        // A run that has ended needs no look.
                        let _ = sender.send((probe.name.clone(), looked));
                    });
                }
            });
        }
        Self {
            looks,
            _tasks: tasks,
        }
    }
}
