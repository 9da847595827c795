//! One injection, made known to everyone who wants to know.

use std::sync::Arc;
use std::time::Duration;

use super::{Event, Injected};
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::site::SiteState;
use crate::{FaultKind, Scope, Touch};

/// A fault that is about to be injected, in dry runs too.
pub(crate) struct Injection<'a> {
    pub(crate) running: &'a Arc<Running>,
    pub(crate) site: &'a SiteState,
    pub(crate) operation: &'a str,
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) fault: Option<FaultKind>,
    pub(crate) delay: Duration,
    pub(crate) failure: Option<String>,
}

impl Injection<'_> {
    /// Tells journal, metrics, the request and its span, and whoever waits for it.
    pub(crate) fn record(self, metrics: &InjectionMetrics) {
        let Self {
            running,
            site,
            operation,
            scope,
            fault,
            delay,
            failure,
        } = self;
        let phase = running.experiment().strikes_in();
        if !running.is_dry_run() {
            metrics.injected(delay);
            tracing::Span::current().record("chaos.experiment", &**running.name());
            if let Some(scope) = scope {
                scope.record(Touch {
                    experiment: Arc::clone(running.name()),
                    site: Arc::clone(site.service()),
                    operation: operation.into(),
                    fault: fault.map_or("", FaultKind::name),
                    phase: phase.name(),
                });
            }
        }
        running.services().journal.record(Event::Injected(Injected {
            experiment: running.name().to_string(),
            service: site.service().to_string(),
            kind: site.kind(),
            operation: operation.to_owned(),
            phase,
            key: scope.map(|scope| scope.key().to_owned()),
            attempt: scope.map_or(1, |scope| scope.attempt().get()),
            delay,
            failure,
            dry_run: running.is_dry_run(),
        }));
        running.was_injected();
    }
}
