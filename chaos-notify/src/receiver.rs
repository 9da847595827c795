//! Receivers of messages.

use std::fmt::{self, Display};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::{Message, Occasion};

/// Sends messages to one receiver.
pub(crate) trait Deliver {
    /// Sends a message once.
    fn deliver(&self, message: &Message) -> impl Future<Output = Result<(), Undelivered>>;
}

/// Why a message was not delivered, in words without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undelivered {
    /// Another attempt may succeed.
    #[error("{0}")]
    ForNow(String),
    /// The receiver refuses the message for good.
    #[error("{0}")]
    ForGood(String),
}

/// The name of a receiver, which is a part of the names of files.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub(crate) struct ReceiverName(#[schemars(regex(pattern = "^[A-Za-z0-9_-]+$"))] String);

impl TryFrom<String> for ReceiverName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        match name.is_empty() || !name.chars().all(is_fit) {
            true => Err("expected a name of the characters A-Z, a-z, 0-9, `-` and `_`"),
            false => Ok(Self(name)),
        }
    }
}

impl Display for ReceiverName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A receiver.
#[derive(Debug)]
pub(crate) struct Receiver<D> {
    pub(crate) name: ReceiverName,
    /// Its occasions; all of them, if there are none.
    pub(crate) on: Option<Vec<Occasion>>,
    pub(crate) means: D,
}

impl<D> Receiver<D> {
    pub(crate) fn wants(&self, occasion: Occasion) -> bool {
        let on = self.on.as_ref();
        occasion == Occasion::Test || on.is_none_or(|on| on.contains(&occasion))
    }
}
