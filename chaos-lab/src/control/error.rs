//! The errors of a control.

use crate::load::InvalidLoad;

/// The target can't be driven.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no answer from the target at an address, and why.
    #[error("{0} can't be reached: {1}")]
    Unreachable(String, String),
    /// The target refused.
    #[error("the target refused: {0}")]
    Refused(String),
    /// What answered at an address is no API of chaos-rs, and why.
    #[error("{0} does not speak the API of chaos-rs: {1}")]
    Foreign(String, String),
    /// The token can't be sent.
    #[error("the token has characters that a header can't have")]
    Token,
    /// The URL of the target makes no sense.
    #[error(transparent)]
    Target(#[from] InvalidLoad),
    /// The address is none.
    #[error("`{0}` is no address such as `unix:/run/orders.sock` or `127.0.0.1:9901`")]
    Address(String),
}

impl From<chaos_core::Error> for ControlError {
    fn from(refusal: chaos_core::Error) -> Self {
        Self::Refused(refusal.to_string())
    }
}
