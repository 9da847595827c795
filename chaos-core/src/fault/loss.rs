//! Lost packets, as those above TCP see them.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::InvalidFault;
use crate::{Rate, human};

/// Which share of packets is lost, and how long TCP takes to notice.
///
/// Above TCP nobody ever sees a lost packet: what a reader sees is that nothing comes until the packet has been sent
/// again, then all of it. A packet that is lost again doubles the wait.
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
    #[serde(deserialize_with = "some_packets")]
    packets: Rate,
    #[serde(
        default = "usual_wait",
        serialize_with = "human::duration_text::serialize",
        deserialize_with = "some_time"
    )]
    resent_after: Duration,
}

impl Loss {
    /// Loses this share of packets; each is sent again after 200 ms, the least that Linux waits.
    ///
    /// # Errors
    ///
    /// When `rate` is 0 %, or more than 90 %: with most packets lost again and again, nothing would ever arrive.
    pub fn of_packets(rate: Rate) -> Result<Self, InvalidFault> {
        let share = rate.as_percent();
        if share <= 0.0 || share > 90.0 {
            return Err(InvalidFault::PacketsLost(rate));
        }
        Ok(Self {
            packets: rate,
            resent_after: usual_wait(),
        })
    }

    /// Sends a lost packet again after `time`.
    ///
    /// # Errors
    ///
    /// When `time` is zero: nobody would notice.
    pub fn resent_after(self, time: Duration) -> Result<Self, InvalidFault> {
        if time.is_zero() {
            return Err(InvalidFault::NeverResent(time));
        }
        Ok(Self {
            resent_after: time,
            ..self
        })
    }

    /// The share of packets that is lost.
    #[must_use]
    pub fn rate(self) -> Rate {
        self.packets
    }

    /// How long until a lost packet is sent again.
    #[must_use]
    pub fn wait(self) -> Duration {
        self.resent_after
    }
}

fn usual_wait() -> Duration {
    Duration::from_millis(200)
}

fn some_packets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
    let rate = Rate::deserialize(deserializer)?;
    Loss::of_packets(rate)
        .map(Loss::rate)
        .map_err(serde::de::Error::custom)
}

fn some_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
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
    fn none_and_nearly_all_are_refused() {
        for percent in [0.0, 90.1, 100.0] {
            let rate = Rate::percent(percent).unwrap();
            assert_eq!(Loss::of_packets(rate), Err(InvalidFault::PacketsLost(rate)));
        }
        let loss = Loss::of_packets(Rate::percent(90.0).unwrap()).unwrap();
        assert!(loss.resent_after(Duration::ZERO).is_err());
    }

    #[test]
    fn files_need_only_say_the_rate() {
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
