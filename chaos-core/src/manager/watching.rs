//! What watches a started experiment: its probes, and its duties on the guardian's roster.

use std::sync::Arc;
use std::time::Instant;

use super::duties::{CheckConditions, LeaseEnd, RemindOfProduction, TimeLimit};
use super::inner::Inner;
use super::starting::Started;
use crate::condition::Criterion;
use crate::guardian::{self, Watch};
use crate::judge::Judge;
use crate::running::Running;
use crate::{Environment, cleanup, delay, metrics};

impl Inner {
    pub(super) fn run_probes(&self, started: &Started) -> std::io::Result<()> {
        for judge in &started.judges {
            if let Criterion::Probe(name) = judge.condition().criterion()
                && let Some(probe) = self.settings.probes.get(name)
            {
                probe
                    .clone()
                    .run_until_end(Arc::clone(&started.running), Arc::clone(judge))?;
            }
        }
        Ok(())
    }

    pub(super) fn watches(
        self: &Arc<Self>,
        running: &Arc<Running>,
        judges: &[Arc<Judge>],
    ) -> std::io::Result<Vec<Watch>> {
        if cleanup::is_stuck() {
            return Err(std::io::Error::other("undos of earlier experiments hang"));
        }
        cleanup::prepare()?;
        metrics::prepare();
        let now = Instant::now();
        let limit = running.time_left(delay::now());
        let mut watches = Vec::with_capacity(4);
        // A limit beyond the range of the clock is never reached.
        if let Some(at) = now.checked_add(limit) {
            watches.push(guardian::watch(
                at,
                Arc::new(TimeLimit {
                    running: Arc::clone(running),
                    manager: Arc::downgrade(self),
                }),
            )?);
        }
        if let Some(at) = running
            .lease()
            .and_then(|lease| now.checked_add(lease.time_left(now)))
        {
            watches.push(guardian::watch(
                at,
                Arc::new(LeaseEnd {
                    running: Arc::clone(running),
                    manager: Arc::downgrade(self),
                }),
            )?);
        }
        if !judges.is_empty() {
            let every = self.settings.check_every;
            watches.push(guardian::watch(
                now + every,
                Arc::new(CheckConditions {
                    judges: judges.into(),
                    every,
                }),
            )?);
        }
        if running.environment == Environment::Production && !running.is_dry_run() {
            let reminder = RemindOfProduction(Arc::clone(running));
            watches.push(guardian::watch(
                now + RemindOfProduction::EVERY,
                Arc::new(reminder),
            )?);
        }
        Ok(watches)
    }
}
