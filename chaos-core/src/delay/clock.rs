//! The clock of the runtime, which a test may have paused.

use std::time::Instant;

/// The time on the clock of the current runtime, or on the system's outside one.
///
/// It stands still, and jumps, with `tokio::time::pause`.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Whether this code runs inside a Tokio runtime.
pub(crate) fn in_runtime() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// Whether the runtime's clock is not the system's: paused now, or resumed after having been paused.
#[must_use]
pub fn is_clock_paused() -> bool {
    // Tokio has no query for it, but a clock that runs with the system's can't read outside two readings of it.
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
    fn outside_a_runtime_the_clock_is_the_systems() {
        assert!(!in_runtime());
        assert!(!is_clock_paused());
    }

    #[tokio::test]
    async fn a_paused_clock_is_noticed() {
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
    async fn a_running_clock_is_not_taken_for_a_paused_one() {
        for _ in 0..10_000 {
            assert!(!is_clock_paused());
        }
    }
}
