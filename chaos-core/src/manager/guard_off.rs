//! The guard of a build without injection, of which there is none.

use std::convert::Infallible;
use std::future::pending;

use crate::compiled::never;
use crate::pressure::PressureLevel;
use crate::{EndReason, Error};

/// The handle of a running experiment, of which this build has none.
#[derive(Debug)]
#[must_use]
pub struct ExperimentGuard(Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::must_use_candidate, clippy::missing_errors_doc)]
impl ExperimentGuard {
    never!(pub fn name(&self) -> &str);
    never!(pub fn injected(&self) -> u64);
    never!(pub fn in_flight(&self) -> u64);
    never!(pub fn pressure(&self) -> Vec<PressureLevel>);
    never!(pub fn was_reached(&self) -> bool);
    never!(pub fn took_effect(&self) -> bool);
    never!(pub fn ended(&self) -> Option<&EndReason>);
    never!(pub fn expect_injected(self) -> Self);

    pub async fn wait_for(&self, _n: u64) -> Result<(), Error> {
        pending().await
    }

    pub async fn wait_until_held(&self) -> Result<(), Error> {
        pending().await
    }

    never!(pub fn on_end(&self, _undo: impl FnOnce() + Send + 'static));

    pub async fn end(self) {
        match self.0 {}
    }

    never!(pub fn detach(self));
}
