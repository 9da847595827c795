//! Packet loss, as seen above TCP.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::InvalidFault;
use crate::{Rate, human};

/// Packet loss: the share of lost packets, and the time until TCP sends them again.
///
/// A lost packet is invisible above TCP: a reader gets no bytes until the packet has been sent again, and then gets all
/// of them. A packet that is lost again doubles the wait.
///
/// ```
/// use std::time::Duration;
/// use chaos_core::{Fault, Loss, Rate};
///
/// let lossy = Fault::loss(Loss::of_packets(Rate::percent(1.0)?)?.resent_after(Duration::from_millis(250))?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "details such as { packets: 1% }")]
pub struct Loss {
    #[serde(deserialize_with = "valid_rate")]
    packets: Rate,
    #[serde(
        default = "default_wait",
        serialize_with = "human::duration_text::serialize",
        deserialize_with = "nonzero_time"
    )]
    resent_after: Duration,
}

impl Loss {
    /// Loses a share of packets. Each is sent again after 200 ms, Linux's minimum retransmission timeout.
    ///
    /// # Errors
    ///
    /// When `rate` is 0 %, or more than 90 %, which would let nothing arrive.
    pub fn of_packets(rate: Rate) -> Result<Self, InvalidFault> {
        let share = rate.as_percent();
        if share <= 0.0 || share > 90.0 {
            return Err(InvalidFault::PacketsLost(rate));
        }
        Ok(Self {
            packets: rate,
            resent_after: default_wait(),
        })
    }

    /// Sets the time after which a lost packet is sent again.
    ///
    /// # Errors
    ///
    /// When `time` is zero, which would have no effect.
    pub fn resent_after(mut self, time: Duration) -> Result<Self, InvalidFault> {
        if time.is_zero() {
            return Err(InvalidFault::NeverResent(time));
        }
        self.resent_after = time;
        Ok(self)
    }

    /// The share of lost packets.
    #[must_use]
    pub fn rate(self) -> Rate {
        self.packets
    }

    /// The time until a lost packet is sent again.
    #[must_use]
    pub fn wait(self) -> Duration {
        self.resent_after
    }
}

fn default_wait() -> Duration {
    Duration::from_millis(200)
}

fn valid_rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
    let rate = Rate::deserialize(deserializer)?;
    Loss::of_packets(rate)
        .map(Loss::rate)
        .map_err(serde::de::Error::custom)
}

fn nonzero_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let time = human::duration_text::deserialize(deserializer)?;
    if time.is_zero() {
        return Err(serde::de::Error::custom(InvalidFault::NeverResent(time)));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_zero_and_above_ninety_percent_are_refused() {
        for percent in [0.0, 90.1, 100.0] {
            let rate = Rate::percent(percent).unwrap();
            assert_eq!(Loss::of_packets(rate), Err(InvalidFault::PacketsLost(rate)));
        }
        let loss = Loss::of_packets(Rate::percent(90.0).unwrap()).unwrap();
        assert!(loss.resent_after(Duration::ZERO).is_err());
    }

    #[test]
    fn the_retransmission_delay_has_a_default_in_files() {
        let loss: Loss = serde_json::from_str(r#"{"packets":"1%"}"#).unwrap();
        assert_eq!(loss.wait(), Duration::from_millis(200));
        for text in [
            "{}",
            r#"{"packets":"0%"}"#,
            r#"{"packets":"1%","resent_after":"0s"}"#,
        ] {
            assert!(serde_json::from_str::<Loss>(text).is_err(), "{text}");
        }
    }
}
