//! The errors of a control.

use crate::load::InvalidLoad;

/// The target can't be driven.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no answer from the target.
    #[error("{address} can't be reached: {problem}")]
    Unreachable {
        /// Its address.
        address: String,
        /// The problem.
        problem: String,
    },
    /// The target refused.
    #[error("the target refused: {0}")]
    Refused(String),
    /// The target answered with something that is no answer of its API.
    #[error("{address} does not speak the API of chaos-rs: {problem}")]
    Foreign {
        /// Its address.
        address: String,
        /// The problem.
        problem: String,
    },
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
