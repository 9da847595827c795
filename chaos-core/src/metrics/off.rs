//! Metrics of a build without the feature `metrics`: nothing is reported.

use std::sync::Arc;
use std::time::Duration;

use crate::journal::SafetyViolation;
use crate::pressure::PressureLevel;
use crate::site::SiteIdentity;
use crate::{EndReason, Fault, FaultKind};

#[derive(Debug)]
pub(crate) struct InjectionMetrics;

impl InjectionMetrics {
    pub(crate) fn of(_experiment: &Arc<str>, _faults: &[Fault], _site: &SiteIdentity) -> Self {
        Self
    }

    #[allow(clippy::unused_self, reason = "the same as with metrics")]
    pub(crate) fn injected(&self, _fault: FaultKind, _delay: Duration) {}
}

pub(crate) fn later(_report: impl FnOnce() + Send + 'static) {}

pub(crate) fn prepare() {}

pub(crate) fn started(_experiment: &str) {}

pub(crate) fn ended(_experiment: &str, _reason: &EndReason) {}

pub(crate) fn pressure(_experiment: &str, _level: PressureLevel) {}

pub(crate) fn lost(_entries: u64) {}

pub(crate) fn refused() {}

pub(crate) fn violation(_violation: SafetyViolation) {}
