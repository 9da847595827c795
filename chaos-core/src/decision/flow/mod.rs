//! Faults that strike bytes, rows or anything else that passes in sequence.
//!
//! A flow holds one [`FlowStrike`] for each experiment. Each returns how many bytes may pass and when. The adapter
//! holds the bytes back, and breaks the flow the way its own ecosystem does.

#[cfg(feature = "inject")]
mod bandwidth;
#[cfg(feature = "inject")]
mod corruption;
#[cfg(feature = "inject")]
mod loss;
#[cfg(not(feature = "inject"))]
mod off;
mod piece;
#[cfg(feature = "inject")]
mod slices;
#[cfg(feature = "inject")]
mod strike;
#[cfg(feature = "inject")]
mod strikes;
#[cfg(feature = "inject")]
mod verdict;

use std::task::{Context, Poll};
use std::time::Instant;

#[cfg(not(feature = "inject"))]
use off::FlowStrikes;
pub use piece::{Breakage, Broken, Piece};
#[cfg(feature = "inject")]
pub(super) use strike::FlowStrike;
#[cfg(feature = "inject")]
use strikes::FlowStrikes;

#[cfg(feature = "inject")]
use super::struck_operation::StruckOperation;
use crate::compiled::Armed;
use crate::{Operation, Site};

/// The faults that strike bytes as they pass: those of a body, or of one direction of a connection.
///
/// The adapter calls [`schedule`](Self::schedule) before bytes pass, waits until they are due, changes them with
/// [`alter`](Self::alter) and reports them with [`passed`](Self::passed). Held bytes pass when their experiment ends,
/// complete and in order.
#[derive(Debug, Default)]
#[must_use = "a flow does nothing unless it is asked"]
pub struct Flow(Option<Armed<Box<FlowStrikes>>>);

impl Flow {
    /// A flow that nothing strikes.
    pub const STRAIGHT: Self = Self(None);

    /// Whether nothing strikes it.
    #[inline]
    #[must_use]
    pub fn is_straight(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|strikes| strikes.get().is_empty())
    }

    /// Adds the experiments that concern the operation and started since the last call.
    ///
    /// For flows that outlive one operation, such as connections. Their operation has begun, so experiments of phase
    /// `Before` strike as those of `During` do.
    #[inline]
    pub fn follow(&mut self, site: &Site, operation: &Operation<'_>) {
        #[cfg(feature = "inject")]
        if site.needs().is_some_and(crate::site::Needs::decision) {
            return self.follow_plan(site, operation);
        }
        let _ = (site, operation);
        self.0 = None;
    }

    /// Returns how many of the next `wanted` bytes, available since `arrived`, may pass, and when.
    ///
    /// All bytes of a returned piece have to [pass](Self::passed) before the next call, unless
    /// [`poll_due`](Self::poll_due) returned early: then this may be called again instead. `wanted` 0 stands for the
    /// end of the flow: it passes when due, without another call, unless `due` is `None`.
    ///
    /// # Errors
    ///
    /// When the flow breaks here.
    pub fn schedule(&mut self, wanted: usize, arrived: Instant) -> Result<Piece, Broken> {
        match &mut self.0 {
            None => Ok(Piece {
                len: wanted,
                due: Some(arrived),
            }),
            Some(strikes) => strikes.get_mut().schedule(wanted, arrived),
        }
    }

    /// Waits until `due`, or until an experiment that strikes the flow ends.
    pub fn poll_due(&mut self, due: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            None => Poll::Ready(()),
            Some(strikes) => strikes.get_mut().poll_due(due, cx),
        }
    }

    /// Waits for a fault that breaks the flow although nothing passes, such as a reset or a timeout.
    ///
    /// For flows that have no bytes and have not ended. It is pending as long as no fault breaks the flow.
    pub fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        match &mut self.0 {
            None => Poll::Pending,
            Some(strikes) => strikes.get_mut().poll_idle(cx),
        }
    }

    /// Whether a fault delays its bytes, which then need room while they wait.
    #[must_use]
    pub fn delays(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|strikes| strikes.get().delays())
    }

    /// Whether [`alter`](Self::alter) may change anything.
    #[must_use]
    pub fn alters(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|strikes| strikes.get().alters())
    }

    /// Corrupts the next bytes.
    pub fn alter(&self, bytes: &mut [u8]) {
        if let Some(strikes) = &self.0 {
            strikes.get().alter(bytes);
        }
    }

    /// Reports that this many bytes have passed; a piece may pass in several parts.
    pub fn passed(&mut self, len: usize) {
        if let Some(strikes) = &mut self.0 {
            strikes.get_mut().passed(len);
        }
    }
}

#[cfg(feature = "inject")]
impl Flow {
    fn follow_plan(&mut self, site: &Site, operation: &Operation<'_>) {
        let site = site.state();
        let version = site.version();
        let has_seen = |strikes: &Armed<Box<FlowStrikes>>| strikes.get().has_seen(version);
        if self.0.as_ref().is_some_and(has_seen) || site.is_protected() {
            return;
        }
        operation.in_scope(|scope| {
            self.0
                .get_or_insert_with(|| {
                    let operation = StruckOperation::new(site, operation, scope);
                    Armed::new(Box::new(FlowStrikes::new(operation)))
                })
                .get_mut()
                .add_new(version, operation, scope);
        });
    }

    /// Creates the flow of an operation with these strikes.
    pub(super) fn of(operation: StruckOperation, striking: Vec<FlowStrike>) -> Self {
        let strikes = FlowStrikes::with(operation, striking);
        Self(Some(Armed::new(Box::new(strikes))))
    }
}
