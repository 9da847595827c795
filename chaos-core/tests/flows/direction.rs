//! One direction of a connection, driven as by an adapter.

use std::future::poll_fn;
use std::time::Duration;

use chaos_core::adapter::{Broken, Flow, Support};
use chaos_core::{
    BlastRadius, ChaosManager, ExperimentGuard, Fault, Operation, Rate, Scope, Site, SiteKind,
};
use tokio::time::Instant;

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn site(chaos: &ChaosManager) -> Site {
    chaos.register(SiteKind::Stream, "db", Support::STREAMS)
}

pub(crate) fn radius() -> BlastRadius {
    BlastRadius::streams_to("db").operation("read")
}

pub(crate) fn share(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

/// One direction of one connection.
pub(crate) struct Direction {
    pub(crate) site: Site,
    pub(crate) scope: Scope,
    pub(crate) flow: Flow,
}

impl Direction {
    pub(crate) fn new(chaos: &ChaosManager, connection: u64) -> Self {
        Self {
            site: site(chaos),
            scope: Scope::new(format!("connection {connection}")),
            flow: Flow::STRAIGHT,
        }
    }

    pub(crate) fn follow(&mut self) {
        let operation = Operation::new("read").within(&self.scope);
        self.flow.follow(&self.site, &operation);
    }

    /// Lets all bytes pass and returns the length and time of each piece.
    pub(crate) async fn pass(
        &mut self,
        bytes: &mut [u8],
    ) -> Result<Vec<(usize, Duration)>, Broken> {
        let start = Instant::now();
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            self.follow();
            let piece = self.flow.schedule(bytes.len() - at, start.into_std())?;
            let is_due = || {
                piece
                    .due
                    .is_some_and(|due| due <= Instant::now().into_std())
            };
            if !is_due() {
                poll_fn(|cx| self.flow.poll_due(piece.due, cx)).await;
            }
            if piece.len == 0 || !is_due() {
                continue;
            }
            self.flow.alter(&mut bytes[at..at + piece.len]);
            self.flow.passed(piece.len);
            at += piece.len;
            pieces.push((piece.len, start.elapsed()));
        }
        Ok(pieces)
    }

    pub(crate) async fn pass_zeroes(
        &mut self,
        len: usize,
    ) -> Result<Vec<(usize, Duration)>, Broken> {
        self.pass(&mut vec![0; len]).await
    }

    /// Waits without bytes, as long as the faults let it.
    pub(crate) async fn idle(&mut self) -> Broken {
        self.follow();
        let idle = poll_fn(|cx| self.flow.poll_idle(cx));
        // A flow that feels nothing would wait for ever, in no time.
        let felt = tokio::time::timeout(3_600 * SECOND, idle).await;
        felt.expect("a failure while idle")
    }

    /// Whether a fault breaks the flow at its first byte.
    pub(crate) async fn is_hit(&mut self) -> bool {
        self.pass_zeroes(1).await.is_err()
    }
}

pub(crate) fn start(fault: Fault) -> (ChaosManager, ExperimentGuard) {
    let chaos = ChaosManager::new();
    let guard = chaos.inject(radius(), fault).unwrap();
    (chaos, guard)
}
