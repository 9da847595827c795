//! Times made shorter or longer.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use serde_json::Value;

/// The factor of all times of a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(f64);

/// A factor that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a factor between 0.01 and 100, such as 0.1")]
pub struct InvalidScale;

/// The shortest time that a scale leads to.
const SHORTEST: Duration = Duration::from_millis(1);

impl Scale {
    /// Leaves times as they are.
    pub const ONE: Self = Self(1.0);

    /// Multiplies times by a factor.
    ///
    /// # Errors
    ///
    /// When the factor is not between 0.01 and 100.
    pub fn new(factor: f64) -> Result<Self, InvalidScale> {
        let is_sensible = (0.01..=100.0).contains(&factor);
        is_sensible.then_some(Self(factor)).ok_or(InvalidScale)
    }

    /// A time at this scale, in whole microseconds; not below a millisecond unless it was.
    #[must_use]
    pub fn time(self, time: Duration) -> Duration {
        let scaled =
            Duration::try_from_secs_f64(time.as_secs_f64() * self.0).unwrap_or(Duration::MAX);
        let whole = Duration::from_micros(scaled.as_micros().try_into().unwrap_or(u64::MAX));
        whole.max(SHORTEST.min(time))
    }

    /// Scales each time in the data of faults or conditions, also the periods that rate limits imply.
    ///
    /// In such data, a text that reads as a duration is one: rates have a `%`, sizes a `B`, and names no number.
    pub(super) fn times_in(self, data: &mut Value) {
        match data {
            Value::String(text) => {
                if let Ok(HumanDuration(time)) = serde_json::from_value(text.as_str().into()) {
                    *text = HumanDuration(self.time(time)).to_string();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.times_in(item)),
            Value::Object(map) => {
                let periods = [("per_second", "1s"), ("per_minute", "1m")];
                for (key, period) in periods {
                    if let Some(count) = map.remove(key) {
                        map.insert("count".to_owned(), count);
                        map.insert("period".to_owned(), period.into());
                    }
                }
                map.values_mut().for_each(|value| self.times_in(value));
            }
            _ => {}
        }
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Scale {
    type Err = InvalidScale;

    fn from_str(text: &str) -> Result<Self, InvalidScale> {
        Self::new(text.parse().map_err(|_| InvalidScale)?)
    }
}
