//! The lease of an experiment, which ends it unless somebody renews it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::nanos::nanos;

/// A lease, on the system's monotonic clock: whatever renews it is outside the process, and knows no paused clock.
pub(crate) struct Lease {
    length: Duration,
    granted: Instant,
    /// The end, in nanoseconds since the grant.
    ends_after: AtomicU64,
}

impl Lease {
    pub(crate) fn granted_now(length: Duration) -> Self {
        Self::granted_at(Instant::now(), length)
    }

    fn granted_at(granted: Instant, length: Duration) -> Self {
        Self {
            length,
            granted,
            ends_after: AtomicU64::new(nanos(length)),
        }
    }

    pub(crate) fn length(&self) -> Duration {
        self.length
    }

    /// Extends it to its whole length from now on, unless it has run out.
    pub(crate) fn renew(&self, now: Instant) -> Result<(), RanOut> {
        let since_grant = now.saturating_duration_since(self.granted);
        let end = nanos(since_grant.saturating_add(self.length));
        let renewed =
            self.ends_after
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |current| {
                    (current > nanos(since_grant)).then(|| current.max(end))
                });
        renewed.map(drop).map_err(|_| RanOut)
    }

    pub(crate) fn has_run_out(&self, now: Instant) -> bool {
        self.time_left(now).is_zero()
    }

    pub(crate) fn time_left(&self, now: Instant) -> Duration {
        let ends_after = Duration::from_nanos(self.ends_after.load(Ordering::Acquire));
        ends_after.saturating_sub(now.saturating_duration_since(self.granted))
    }
}

/// The error of a renewal that comes too late.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RanOut;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_lease_lasts_for_its_length_after_the_last_renewal() {
        let granted = Instant::now();
        let lease = Lease::granted_at(granted, SECOND);
        assert_eq!(lease.time_left(granted), SECOND);
        let later = granted + SECOND / 2;
        assert_eq!(lease.renew(later), Ok(()));
        assert_eq!(lease.time_left(later), SECOND);
        assert!(!lease.has_run_out(granted + SECOND));
        assert!(lease.has_run_out(later + SECOND));
    }

    #[test]
    fn a_renewal_that_comes_too_late_changes_nothing() {
        let granted = Instant::now();
        let lease = Lease::granted_at(granted, SECOND);
        assert_eq!(lease.renew(granted + SECOND), Err(RanOut));
        assert!(lease.has_run_out(granted + SECOND));
    }

    #[test]
    fn an_earlier_renewal_shortens_nothing() {
        let granted = Instant::now();
        let lease = Lease::granted_at(granted, SECOND);
        assert_eq!(lease.renew(granted + SECOND / 2), Ok(()));
        assert_eq!(lease.renew(granted + SECOND / 4), Ok(()));
        assert_eq!(lease.time_left(granted + SECOND / 2), SECOND);
    }
}
