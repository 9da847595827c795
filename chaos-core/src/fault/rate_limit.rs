//! Rate limits.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::de::{Error, MapAccess};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::InvalidFault;
use crate::human::{self, FromMap, HumanDuration};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The number of operations that pass in a period, and in one burst.
///
/// It is a token bucket, not a window that starts anew each period: a bucket of [`burst`](Self::burst) operations is full
/// at the start, each operation that passes takes one, and one comes back every `period / count`. So the first period
/// lets up to `burst + count` pass (twice the count unless a burst is set), and every later one `count` at a steady load.
///
/// ```
/// use chaos_core::{Fault, RateLimit};
///
/// let fault = Fault::rate_limit(RateLimit::per_second(50)?.burst(5)?);
/// # Ok::<(), chaos_core::error::InvalidFault>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit {
    count: NonZeroU32,
    period: Duration,
    burst: Option<NonZeroU32>,
}

impl RateLimit {
    /// Lets `count` operations pass per second.
    ///
    /// # Errors
    ///
    /// When `count` is zero.
    pub fn per_second(count: u32) -> Result<Self, InvalidFault> {
        Self::per(count, SECOND)
    }

    /// Lets `count` operations pass per minute.
    ///
    /// # Errors
    ///
    /// When `count` is zero.
    pub fn per_minute(count: u32) -> Result<Self, InvalidFault> {
        Self::per(count, MINUTE)
    }

    /// Lets `count` operations pass per `period`.
    ///
    /// # Errors
    ///
    /// When `count` or `period` is zero.
    pub fn per(count: u32, period: Duration) -> Result<Self, InvalidFault> {
        if period.is_zero() {
            return Err(InvalidFault::NoPeriod);
        }
        Ok(Self {
            count: NonZeroU32::new(count).ok_or(InvalidFault::NoOperations)?,
            period,
            burst: None,
        })
    }

    /// Sets how many operations may pass at once; defaults to the count of a period.
    ///
    /// # Errors
    ///
    /// When `operations` is zero.
    pub fn burst(mut self, operations: u32) -> Result<Self, InvalidFault> {
        self.burst = Some(NonZeroU32::new(operations).ok_or(InvalidFault::NoBurst)?);
        Ok(self)
    }

    /// The number of operations that pass in a period.
    #[must_use]
    pub fn count(self) -> NonZeroU32 {
        self.count
    }

    /// The period in which they are counted.
    #[must_use]
    pub fn period(self) -> Duration {
        self.period
    }

    /// The number of operations that may pass at once.
    #[must_use]
    pub fn burst_size(self) -> NonZeroU32 {
        self.burst.unwrap_or(self.count)
    }
}

impl Serialize for RateLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.period {
            SECOND => map.serialize_entry("per_second", &self.count)?,
            MINUTE => map.serialize_entry("per_minute", &self.count)?,
            period => {
                map.serialize_entry("count", &self.count)?;
                map.serialize_entry("period", &HumanDuration(period))?;
            }
        }
        if let Some(burst) = self.burst {
            map.serialize_entry("burst", &burst)?;
        }
        map.end()
    }
}

human::deserialize_by!(human::from_map: RateLimit);

impl FromMap for RateLimit {
    const EXPECTED: &'static str = "a rate limit such as { per_second: 50, burst: 5 }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        const KEYS: [&str; 5] = ["per_second", "per_minute", "count", "period", "burst"];
        const CHOICE: &str = "expected one of `per_second`, `per_minute`, or `count` with `period`";
        let mut count: Option<NonZeroU32> = None;
        let mut period = None;
        let mut burst = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "per_second" | "per_minute" | "count" if count.is_some() => {
                    return Err(human::reject_entry(&mut map, CHOICE));
                }
                // `count` may follow its `period`; the other keys imply one.
                "per_second" | "per_minute" if period.is_some() => {
                    return Err(human::reject_entry(&mut map, CHOICE));
                }
                "period" if period.is_some() => return Err(human::reject_entry(&mut map, CHOICE)),
                "per_second" => (count, period) = (Some(map.next_value()?), Some(SECOND)),
                "per_minute" => (count, period) = (Some(map.next_value()?), Some(MINUTE)),
                "count" => count = Some(map.next_value()?),
                "period" => {
                    period = Some(human::read_converted(&mut map, |HumanDuration(period)| {
                        if period.is_zero() {
                            Err(InvalidFault::NoPeriod)
                        } else {
                            Ok(period)
                        }
                    })?);
                }
                "burst" => human::read_once(&mut map, "burst", &mut burst)?,
                other => return Err(human::reject_key(&mut map, other, KEYS)),
            }
        }
        let (Some(count), Some(period)) = (count, period) else {
            return Err(A::Error::custom(CHOICE));
        };
        Ok(RateLimit {
            count,
            period,
            burst,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_refused() {
        assert_eq!(RateLimit::per_second(0), Err(InvalidFault::NoOperations));
        assert_eq!(
            RateLimit::per(1, Duration::ZERO),
            Err(InvalidFault::NoPeriod)
        );
        let limit = RateLimit::per_minute(60).unwrap();
        assert_eq!(limit.burst(0), Err(InvalidFault::NoBurst));
    }

    #[test]
    fn the_burst_defaults_to_the_count_of_a_period() {
        let limit = RateLimit::per_second(50).unwrap();
        assert_eq!(limit.burst_size().get(), 50);
        assert_eq!(limit.burst(5).unwrap().burst_size().get(), 5);
    }

    #[test]
    fn every_form_round_trips() {
        for text in [
            r#"{"per_second":50}"#,
            r#"{"per_minute":50,"burst":5}"#,
            r#"{"count":3,"period":"10s","burst":1}"#,
        ] {
            let limit: RateLimit = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&limit).unwrap(), text);
        }
        let reversed: RateLimit = serde_json::from_str(r#"{"period":"10s","count":3}"#).unwrap();
        assert_eq!(
            reversed,
            RateLimit::per(3, Duration::from_secs(10)).unwrap()
        );
    }

    #[test]
    fn ambiguous_incomplete_and_zero_limits_are_refused() {
        for text in [
            r#"{"per_second":1,"per_minute":2}"#,
            r#"{"per_second":1,"period":"2s"}"#,
            r#"{"period":"2s","per_second":1}"#,
            r#"{"per_second":1,"per_second":1}"#,
            r#"{"count":1}"#,
            r#"{"period":"2s"}"#,
            r#"{"count":1,"period":"0s"}"#,
            r#"{"per_second":0}"#,
            r#"{"per_second":1,"burst":0}"#,
            r#"{"per_second":1,"bursts":1}"#,
            "{}",
        ] {
            assert!(serde_json::from_str::<RateLimit>(text).is_err(), "{text}");
        }
    }
}
