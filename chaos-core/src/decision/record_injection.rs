//! Records an injection in the journal, the metrics, the request that it hits, and the span of the operation.

use std::sync::Arc;
use std::time::Duration;

use super::struck_operation::StruckOperation;
use crate::FaultKind;
use crate::contain::contain;
use crate::journal::{Event, Injected, excerpt};
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::scope::Touch;

impl StruckOperation {
    /// Records an injection in the journal, the metrics, the request and its span, and wakes its waiters.
    ///
    /// Dry runs only reach the journal and the log.
    pub(super) fn record_injection(
        &self,
        running: &Running,
        metrics: &InjectionMetrics,
        fault: FaultKind,
        delay: Duration,
        failure: Option<&str>,
    ) {
        let phase = running.experiment.strikes_in();
        let scope = self.scope.as_ref();
        if !running.is_dry_run() {
            metrics.injected(fault, delay);
            if let Some(scope) = scope {
                scope.record(Touch {
                    experiment: Arc::clone(&running.name),
                    site: Arc::clone(self.site.service()),
                    operation: self.name.clone(),
                    fault: fault.name(),
                    phase: phase.name(),
                });
            }
        }
        running.journal.record(Event::Injected(Injected {
            experiment: running.name.to_string(),
            service: self.site.service().to_string(),
            kind: self.site.kind(),
            operation: self.name.to_string(),
            fault,
            phase,
            key: scope.map(|scope| excerpt(scope.key()).into_owned()),
            attempt: scope.map_or(1, |scope| scope.attempt().get()),
            delay,
            failure: failure.map(str::to_owned),
            dry_run: running.is_dry_run(),
        }));
        running.notify_injected();
        // Last, as a subscriber is code of the service, which may hang.
        contain(|| self.log(running, fault, delay, failure));
    }

    /// Logs an injection as the service logs its own events: on the thread of the operation, in its span.
    fn log(&self, running: &Running, fault: FaultKind, delay: Duration, failure: Option<&str>) {
        if !running.is_dry_run() {
            tracing::Span::current().record("chaos.experiment", &*running.name);
        }
        let scope = self.scope.as_ref();
        // The default name of an event has the path of this file.
        tracing::info!(
            name: "chaos.injected",
            experiment = &*running.name,
            service = &**self.site.service(),
            operation = &*self.name,
            %fault,
            phase = %running.experiment.strikes_in(),
            key = scope.map(|scope| excerpt(scope.key())).as_deref(),
            attempt = scope.map_or(1, |scope| scope.attempt().get()),
            ?delay,
            failure,
            dry_run = running.is_dry_run(),
            "fault injected"
        );
    }
}
