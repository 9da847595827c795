//! Error codes of particular protocols.

use std::fmt;
use std::str::{self, FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidFault;
use crate::human;

/// An HTTP error status: 400 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct HttpStatus(u16);

impl HttpStatus {
    /// Creates an error status.
    ///
    /// # Errors
    ///
    /// When `status` is not between 400 and 599.
    pub fn new(status: u16) -> Result<Self, InvalidFault> {
        match status {
            400..=599 => Ok(Self(status)),
            _ => Err(InvalidFault::HttpStatus(status.into())),
        }
    }

    /// The status as a number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for HttpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for HttpStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::converted_number(
            deserializer,
            "an HTTP status between 400 and 599",
            |status| {
                u16::try_from(status)
                    .map_err(|_| InvalidFault::HttpStatus(status))
                    .and_then(Self::new)
            },
        )
    }
}

/// A gRPC error code: 1 to 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GrpcCode(u8);

impl GrpcCode {
    /// Creates an error code.
    ///
    /// # Errors
    ///
    /// When `code` is not between 1 and 16.
    pub fn new(code: u8) -> Result<Self, InvalidFault> {
        match code {
            1..=16 => Ok(Self(code)),
            _ => Err(InvalidFault::GrpcCode(code.into())),
        }
    }

    /// The code as a number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for GrpcCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for GrpcCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::converted_number(deserializer, "a gRPC code between 1 and 16", |code| {
            u8::try_from(code)
                .map_err(|_| InvalidFault::GrpcCode(code))
                .and_then(Self::new)
        })
    }
}

/// An SQLSTATE of an error, such as `40P01`.
///
/// It has five characters of `0`–`9` and `A`–`Z`; class `00` means success and is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// Creates an error code.
    ///
    /// # Errors
    ///
    /// When `code` is not five characters of `0`–`9` and `A`–`Z`, or starts with `00`.
    pub fn new(code: &str) -> Result<Self, InvalidFault> {
        code.as_bytes()
            .try_into()
            .ok()
            .filter(|code: &[u8; 5]| {
                let known = |b: &u8| b.is_ascii_digit() || b.is_ascii_uppercase();
                code.iter().all(known) && !code.starts_with(b"00")
            })
            .map(Self)
            .ok_or_else(|| InvalidFault::SqlState(code.to_owned()))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII, so the default is never used.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for SqlState {
    type Err = InvalidFault;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::new(code)
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SqlState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SqlState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_name(deserializer, "an SQLSTATE such as \"40P01\"", Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_error_statuses_are_built() {
        for good in [400, 404, 599] {
            assert_eq!(HttpStatus::new(good).unwrap().get(), good);
        }
        for bad in [0, 200, 399, 600] {
            assert_eq!(
                HttpStatus::new(bad),
                Err(InvalidFault::HttpStatus(bad.into()))
            );
        }
    }

    #[test]
    fn only_error_codes_are_built() {
        assert!(GrpcCode::new(0).is_err());
        assert_eq!(GrpcCode::new(1).unwrap().get(), 1);
        assert_eq!(GrpcCode::new(16).unwrap().get(), 16);
        assert!(GrpcCode::new(17).is_err());
    }

    #[test]
    fn only_error_states_are_built() {
        assert_eq!(SqlState::new("40P01").unwrap().as_str(), "40P01");
        for bad in ["", "40P0", "40P011", "40p01", "00000", "40-01", "4\u{e9}01"] {
            assert_eq!(
                SqlState::new(bad),
                Err(InvalidFault::SqlState(bad.to_owned()))
            );
        }
    }

    #[test]
    fn a_refused_file_reports_the_invalid_number() {
        let refused = |text| {
            serde_json::from_str::<HttpStatus>(text)
                .unwrap_err()
                .to_string()
        };
        for (text, found) in [("200", "200"), ("70000", "70000"), ("-1", "-1")] {
            let expected = format!("expected an HTTP status between 400 and 599, found {found}");
            assert!(refused(text).starts_with(&expected), "{}", refused(text));
        }
        assert!(serde_json::from_str::<GrpcCode>("256").is_err());
        assert!(serde_json::from_str::<SqlState>("\"00000\"").is_err());
    }
}
