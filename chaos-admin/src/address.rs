//! The addresses on which the API can be reached.

use std::fmt;
#[cfg(feature = "inject")]
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::AdminError;

/// An address on which the API can be reached.
///
/// ```
/// # use chaos_admin::Address;
/// let socket: Address = "unix:/run/orders.sock".parse()?;
/// let loopback: Address = "127.0.0.1:9901".parse()?;
/// # assert_ne!(socket, loopback);
/// # Ok::<(), chaos_admin::AdminError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A unix socket, which only the user of the process can open.
    Unix(PathBuf),
    /// A TCP address; port 0 is replaced by a free one.
    Tcp(SocketAddr),
}

const EXPECTED: &str = "`unix:/run/orders.sock` or `127.0.0.1:9901`, or both with a comma";

impl Address {
    /// The host of requests to this address, unless it stands for all addresses of the machine.
    #[cfg(feature = "inject")]
    pub(crate) fn host(&self) -> Option<String> {
        match self {
            Self::Unix(_) => None,
            Self::Tcp(address) if address.ip().is_unspecified() => None,
            Self::Tcp(address) => Some(match address.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            }),
        }
    }

    /// Parses addresses that are separated by commas.
    #[cfg(feature = "inject")]
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, AdminError> {
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for Address {
    type Err = AdminError;

    fn from_str(text: &str) -> Result<Self, AdminError> {
        let text = text.trim();
        let invalid = || AdminError::Variable {
            variable: "CHAOS_ADMIN",
            expected: EXPECTED,
            found: text.to_owned(),
        };
        match text.strip_prefix("unix:") {
            Some("") => Err(invalid()),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| invalid()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_back_from_their_text() {
        for text in ["unix:/run/x.sock", "127.0.0.1:9901", "[::1]:0"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let both = Address::parse_list("unix:/run/x.sock, 127.0.0.1:9901").unwrap();
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn anything_else_is_refused_with_what_was_found() {
        for text in [
            "",
            "unix:",
            "9901",
            "localhost:9901",
            "/run/x.sock",
            "127.0.0.1",
        ] {
            let error = Address::parse_list(text).unwrap_err().to_string();
            assert!(
                error.contains("CHAOS_ADMIN") && error.contains(&format!("`{text}`")),
                "{error}"
            );
        }
    }
}
