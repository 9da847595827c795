//! A circuit breaker that trips by itself.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::InvalidFault;
use crate::human;

/// A circuit breaker that lets some operations pass, trips and fails fast, lets trials pass and closes.
///
/// ```
/// use std::time::Duration;
/// use chaos_core::{CircuitBreak, Fault};
///
/// let circuit = CircuitBreak::after(10)?.open_for(Duration::from_secs(5))?.half_open(2)?;
/// let fault = Fault::circuit_break(circuit);
/// # Ok::<(), chaos_core::error::InvalidFault>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "details such as { after: 5 }")]
pub struct CircuitBreak {
    after: NonZeroU32,
    #[serde(
        default = "default_open_for",
        serialize_with = "human::duration_text::serialize",
        deserialize_with = "nonzero_time"
    )]
    open_for: Duration,
    #[serde(default = "default_half_open")]
    half_open: NonZeroU32,
}

impl CircuitBreak {
    /// Creates a circuit that trips after `operations`, stays open for 30 s and closes after one trial.
    ///
    /// # Errors
    ///
    /// When `operations` is zero.
    pub fn after(operations: u32) -> Result<Self, InvalidFault> {
        Ok(Self {
            after: NonZeroU32::new(operations).ok_or(InvalidFault::NeverTrips)?,
            open_for: default_open_for(),
            half_open: default_half_open(),
        })
    }

    /// Sets how long the circuit stays open.
    ///
    /// # Errors
    ///
    /// When `time` is zero.
    pub fn open_for(mut self, time: Duration) -> Result<Self, InvalidFault> {
        if time.is_zero() {
            return Err(InvalidFault::NeverOpen(time));
        }
        self.open_for = time;
        Ok(self)
    }

    /// Sets the number of operations that pass while the circuit is half open; then it closes.
    ///
    /// # Errors
    ///
    /// When `trials` is zero.
    pub fn half_open(mut self, trials: u32) -> Result<Self, InvalidFault> {
        self.half_open = NonZeroU32::new(trials).ok_or(InvalidFault::NoTrials)?;
        Ok(self)
    }

    /// The number of operations that pass before it trips.
    #[must_use]
    pub fn trips_after(self) -> NonZeroU32 {
        self.after
    }

    /// The time during which it fails fast.
    #[must_use]
    pub fn open_time(self) -> Duration {
        self.open_for
    }

    /// The number of operations that pass while it is half open.
    #[must_use]
    pub fn trials(self) -> NonZeroU32 {
        self.half_open
    }
}

fn default_open_for() -> Duration {
    Duration::from_secs(30)
}

fn default_half_open() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn nonzero_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time = human::duration_text::deserialize(deserializer)?;
    if time.is_zero() {
        return Err(serde::de::Error::custom(InvalidFault::NeverOpen(time)));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_refused() {
        assert_eq!(CircuitBreak::after(0), Err(InvalidFault::NeverTrips));
        let circuit = CircuitBreak::after(1).unwrap();
        assert!(circuit.open_for(Duration::ZERO).is_err());
        assert_eq!(circuit.half_open(0), Err(InvalidFault::NoTrials));
    }

    #[test]
    fn open_time_and_trials_have_defaults_in_files() {
        let circuit: CircuitBreak = serde_json::from_str(r#"{"after":10}"#).unwrap();
        assert_eq!(circuit, CircuitBreak::after(10).unwrap());
        assert_eq!(circuit.open_time(), Duration::from_secs(30));
        assert_eq!(circuit.trials().get(), 1);
    }

    #[test]
    fn invalid_files_are_refused() {
        for text in [
            "{}",
            r#"{"after":0}"#,
            r#"{"after":1,"open_for":"0s"}"#,
            r#"{"after":1,"half_open":0}"#,
            r#"{"after":1,"closes":1}"#,
        ] {
            assert!(
                serde_json::from_str::<CircuitBreak>(text).is_err(),
                "{text}"
            );
        }
    }
}
