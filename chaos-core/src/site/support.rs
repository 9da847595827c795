//! Which faults a site can apply, and when.

use crate::status::SupportedFault;
use crate::{FaultKind, Phase};

/// The (fault, phase) pairs that a site can apply.
///
/// An experiment that asks for another pair is refused rather than silently ignored.
///
/// ```
/// # use chaos_core::{FaultKind, Phase, adapter::Support};
/// let support = Support::NONE.with(FaultKind::Latency, Phase::Before);
/// assert!(support.includes(FaultKind::Latency, Phase::Before));
/// assert!(!support.includes(FaultKind::Latency, Phase::After));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Support(u64);

impl Support {
    /// No pair at all.
    pub const NONE: Self = Self(0);

    /// The faults of any call: latency, errors, timeouts, rate limits, open circuits, panics and crashes, before and
    /// after it.
    pub const CALLS: Self = Self::NONE.around_calls(&[
        FaultKind::Latency,
        FaultKind::Error,
        FaultKind::Timeout,
        FaultKind::RateLimit,
        FaultKind::CircuitBreak,
        FaultKind::Panic,
        FaultKind::Crash,
    ]);

    /// The faults of bytes that pass: delays, errors, timeouts, breaks, bandwidth, corruption, slicing and loss.
    pub const FLOWS: Self = Self::flows_in(Phase::During);

    /// The faults of flows whose experiments strike before the operation.
    pub(super) const FLOWS_BEFORE: Self = Self::flows_in(Phase::Before);

    /// The faults of streams: those of calls before and after they are opened, and those of flows in phases `Before` and
    /// `During`.
    pub const STREAMS: Self = Self(Self::CALLS.0 | Self::FLOWS_BEFORE.0 | Self::FLOWS.0);

    /// Adds one pair. Errors include refused connections, unless [they are taken out](Self::without_refusals).
    #[must_use]
    pub const fn with(self, fault: FaultKind, phase: Phase) -> Self {
        let refusals = match fault {
            FaultKind::Error => REFUSALS,
            _ => 0,
        };
        Self(self.0 | Self::bit(fault, phase) | refusals)
    }

    /// Adds these faults before and after a call.
    #[must_use]
    pub const fn around_calls(self, faults: &[FaultKind]) -> Self {
        let mut support = self;
        let mut at = 0;
        while at < faults.len() {
            support = support
                .with(faults[at], Phase::Before)
                .with(faults[at], Phase::After);
            at += 1;
        }
        support
    }

    /// Takes out [`Failure::Refused`](crate::Failure::Refused), for sites whose operations share connections that are
    /// open already.
    #[must_use]
    pub const fn without_refusals(self) -> Self {
        Self(self.0 & !REFUSALS)
    }

    /// Whether operations can fail as a refused connection, if they can fail at all.
    pub(crate) const fn includes_refusals(self) -> bool {
        self.0 & REFUSALS != 0
    }

    /// Whether a fault can be applied at a phase.
    #[must_use]
    pub const fn includes(self, fault: FaultKind, phase: Phase) -> bool {
        self.0 & Self::bit(fault, phase) != 0
    }

    /// Adds all pairs of another set.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The pairs that are in both sets.
    pub(crate) const fn in_common_with(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn flows_in(phase: Phase) -> Self {
        Self::NONE
            .with(FaultKind::Latency, phase)
            .with(FaultKind::Error, phase)
            .with(FaultKind::Timeout, phase)
            .with(FaultKind::Disconnect, phase)
            .with(FaultKind::Bandwidth, phase)
            .with(FaultKind::Corrupt, phase)
            .with(FaultKind::Slice, phase)
            .with(FaultKind::Loss, phase)
    }

    /// The pairs, by fault.
    pub(crate) fn listed(self) -> Vec<SupportedFault> {
        let phases = |fault| {
            let all = Phase::ALL.iter().copied();
            all.filter(|phase| self.includes(fault, *phase)).collect()
        };
        let faults = FaultKind::ALL.iter().copied();
        let supported = faults.map(|fault| SupportedFault {
            fault,
            phases: phases(fault),
        });
        supported.filter(|one| !one.phases.is_empty()).collect()
    }

    /// Whether every pair of another set is in this one.
    pub(crate) const fn includes_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any pair of another set is in this one.
    pub(crate) const fn includes_any(self, other: Self) -> bool {
        self.0 & other.0 & !REFUSALS != 0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// The bit of a pair; faults without operations have none.
    const fn bit(fault: FaultKind, phase: Phase) -> u64 {
        if matches!(fault, FaultKind::Exhaust) {
            return 0;
        }
        let phase = match phase {
            Phase::Before => 0,
            Phase::After => 1,
            Phase::During => 2,
            Phase::NotReady => 3,
        };
        1 << (fault as u64 * PHASES + phase)
    }
}

const PHASES: u64 = 4;

/// The bit of sites whose operations can fail as a refused connection.
const REFUSALS: u64 = 1 << 63;

/// Every kind before `Exhaust`, which is the last, has a bit for each phase.
const _: () = assert!(
    FaultKind::Exhaust as u64 * PHASES <= REFUSALS.trailing_zeros() as u64,
    "a fault kind has no bit left: make `Support` and `SiteIdentity::support` wider"
);
