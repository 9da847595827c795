//! The clock of the runtime, which a test may have paused.

use std::time::Instant;

/// The time of the current runtime's clock, or of the system's clock outside a runtime.
///
/// With `tokio::time::pause`, it stands still and jumps.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Whether this code runs inside a Tokio runtime.
pub(crate) fn in_runtime() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// Whether the runtime's clock differs from the system's because it is paused now or was paused before.
#[must_use]
pub fn is_clock_paused() -> bool {
    // Tokio has no query for this, but a clock in step with the system's must lie between two readings of it.
    let before = Instant::now();
    let runtime = now();
    let after = Instant::now();
    runtime < before || after < runtime
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn outside_a_runtime_the_clock_is_that_of_the_system() {
        assert!(!in_runtime());
        assert!(!is_clock_paused());
    }

    #[tokio::test]
    async fn a_paused_clock_is_detected() {
        assert!(in_runtime());
        assert!(!is_clock_paused());
        tokio::time::pause();
        assert!(is_clock_paused());
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(is_clock_paused());
    }

    #[tokio::test(start_paused = true)]
    async fn now_follows_a_paused_clock() {
        let start = now();
        assert_eq!(now(), start);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(now() - start, Duration::from_secs(60));
    }

    #[tokio::test]
    async fn a_running_clock_is_not_detected_as_paused() {
        for _ in 0..10_000 {
            assert!(!is_clock_paused());
        }
    }
}
