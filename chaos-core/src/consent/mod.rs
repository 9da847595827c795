//! Consents: who permits something dangerous, and why.

mod form;
mod given;

use std::fmt;

pub(crate) use form::ConsentsInFile;
pub use given::Consents;
use serde::Serialize;

/// Permission for something dangerous: who gives it, and why.
///
/// The place where it is given states what it permits. No consent covers another: an experiment that crashes the process
/// in production needs two.
///
/// | place | permits | key in files |
/// |---|---|---|
/// | [`BlastRadius::everything`](crate::BlastRadius::everything) | to affect every site | `blast_radius.everything` |
/// | [`Experiment::consent_to_production`](crate::Experiment::consent_to_production) | to run in production | `consent.production` |
/// | [`Experiment::consent_to_destruction`](crate::Experiment::consent_to_destruction) | to end the process or fill a disk | `consent.destruction` |
/// | [`Pressure::consent`](crate::Pressure::consent) | to fill a disk | `exhaust.consent` |
///
/// ```
/// use chaos_core::{BlastRadius, Consent, Crash, Experiment, Fault};
///
/// let anna = Consent::by("anna")?.because("game day, the team is watching");
/// let experiment = Experiment::new("restart everything")
///     .fault(Fault::crash(Crash::Abort))
///     .blast_radius(BlastRadius::everything(anna.clone()))
///     .consent_to_production(Consent::by("operations on call")?)
///     .consent_to_destruction(anna);
/// # Ok::<(), chaos_core::error::InvalidConsent>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Consent {
    who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Consent {
    /// Gives consent in the name of a person or a team.
    ///
    /// # Errors
    ///
    /// When the name is empty.
    pub fn by(who: impl Into<String>) -> Result<Self, InvalidConsent> {
        let who = who.into();
        if who.trim().is_empty() {
            return Err(InvalidConsent);
        }
        Ok(Self { who, why: None })
    }

    /// Sets the reason; an empty text counts as none.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into()).filter(|why| !why.trim().is_empty());
        self
    }

    /// The person or team that consents.
    #[must_use]
    pub fn who(&self) -> &str {
        &self.who
    }

    /// The reason.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }
}

/// Formats it as `anna (game day)`.
impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.who)?;
        match &self.why {
            Some(why) => write!(f, " ({why})"),
            None => Ok(()),
        }
    }
}

/// The error of a [`Consent`] without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the person or team that consents, found an empty string")]
pub struct InvalidConsent;

#[cfg(test)]
mod tests;
