//! Points in time as people write them: `2026-11-28T15:31:28Z`.

use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Writes a time in RFC 3339, in UTC.
pub(crate) fn format_timestamp(time: SystemTime) -> String {
    let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_secs() as i64, since.subsec_nanos()),
        Err(error) => {
            let before = error.duration();
            match before.subsec_nanos() {
                0 => (-(before.as_secs() as i64), 0),
                nanos => (-(before.as_secs() as i64) - 1, 1_000_000_000 - nanos),
            }
        }
    };
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let fraction = match nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Returns year, month and day of a number of days since 1970, in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years start in March here, so that leap days come last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Parses a time in RFC 3339, with any offset.
#[cfg(feature = "files")]
fn parse_timestamp(text: &str) -> Result<SystemTime, String> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    Ok(time.into())
}

#[cfg(not(feature = "files"))]
fn parse_timestamp(_text: &str) -> Result<SystemTime, String> {
    Err("timestamps are read only with the feature `files`".to_owned())
}

/// For `#[serde(with)]`, as text.
pub(crate) mod timestamp_text {
    use std::time::SystemTime;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        time: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::format_timestamp(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_timestamp(&text).map_err(D::Error::custom)
    }
}

/// For `#[serde(with)]` on an optional time, as text.
pub(crate) mod optional_timestamp_text {
    use std::time::SystemTime;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::HumanTimestamp;

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(HumanTimestamp).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let human = Option::<HumanTimestamp>::deserialize(deserializer)?;
        Ok(human.map(|human| human.0))
    }
}

/// A point in time that is written and read as text.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct HumanTimestamp(#[serde(with = "timestamp_text")] pub(crate) SystemTime);

#[cfg(all(test, feature = "files"))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timestamps_are_written_as_by_a_calendar_library() {
        let seconds = [
            0,
            1,
            951_782_400,
            951_868_799,
            1_709_164_800,
            4_107_542_399,
            253_402_207_199,
        ];
        for seconds in seconds {
            for nanos in [0, 1, 500_000_000, 999_999_999] {
                let time = UNIX_EPOCH + Duration::new(seconds, nanos);
                let expected = jiff::Timestamp::try_from(time).unwrap();
                assert_eq!(format_timestamp(time), expected.to_string());
                assert_eq!(parse_timestamp(&expected.to_string()), Ok(time));
            }
        }
        for before in [1, 86_400, 86_401, 62_135_596_800] {
            let time = UNIX_EPOCH - Duration::new(before, 250_000_000);
            let expected = jiff::Timestamp::try_from(time).unwrap();
            assert_eq!(format_timestamp(time), expected.to_string());
        }
    }

    #[test]
    fn an_offset_is_read() {
        let time = parse_timestamp("1970-01-01T02:00:00+02:00");
        assert_eq!(time, Ok(UNIX_EPOCH));
        assert!(parse_timestamp("tomorrow").is_err());
    }
}
