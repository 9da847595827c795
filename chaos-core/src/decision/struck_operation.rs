//! An operation that experiments strike, and the record of each injection into it.

use std::sync::Arc;
use std::time::Duration;

use super::InjectedFault;
use crate::journal::{Event, Injected};
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::scope::Touch;
use crate::site::SiteState;
use crate::{Failure, FaultKind, Operation, Scope};

/// The site, the name and the request of an operation that experiments strike.
#[derive(Debug, Clone)]
pub(super) struct StruckOperation {
    pub(super) site: Arc<SiteState>,
    pub(super) name: Box<str>,
    pub(super) scope: Option<Scope>,
}

impl StruckOperation {
    pub(super) fn new(
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) -> Self {
        Self {
            site: Arc::clone(site),
            name: operation.name().into(),
            scope: scope.cloned(),
        }
    }

    /// Records an injection in the journal, the metrics, the request and its span, and wakes its waiters.
    ///
    /// Dry runs only reach the journal.
    pub(super) fn record_injection(
        &self,
        running: &Running,
        metrics: &InjectionMetrics,
        fault: Option<FaultKind>,
        delay: Duration,
        failure: Option<String>,
    ) {
        let phase = running.experiment().strikes_in();
        let scope = self.scope.as_ref();
        if !running.is_dry_run() {
            metrics.injected(delay);
            tracing::Span::current().record("chaos.experiment", &**running.name());
            if let Some(scope) = scope {
                scope.record(Touch {
                    experiment: Arc::clone(running.name()),
                    site: Arc::clone(self.site.service()),
                    operation: self.name.clone(),
                    fault: fault.map_or("", FaultKind::name),
                    phase: phase.name(),
                });
            }
        }
        running.journal().record(Event::Injected(Injected {
            experiment: running.name().to_string(),
            service: self.site.service().to_string(),
            kind: self.site.kind(),
            operation: self.name.to_string(),
            phase,
            key: scope.map(|scope| scope.key().to_owned()),
            attempt: scope.map_or(1, |scope| scope.attempt().get()),
            delay,
            failure,
            dry_run: running.is_dry_run(),
        }));
        running.notify_injected();
    }

    /// The error that the caller gets.
    pub(super) fn injected_fault(
        &self,
        running: &Running,
        failure: Failure,
        retry_after: Option<Duration>,
    ) -> InjectedFault {
        InjectedFault::new(
            failure,
            retry_after,
            Arc::clone(running.name()),
            Arc::clone(self.site.service()),
            &self.name,
        )
    }
}
