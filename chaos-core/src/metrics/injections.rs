//! The metrics of injections.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::contain::contain;
use crate::site::SiteIdentity;
use crate::{Fault, FaultKind, SiteKind, metric};

/// The metrics of one experiment at one site.
///
/// The recorder is user code, so the handles are created by the first injection instead of under the manager's lock.
#[derive(Debug)]
pub(crate) struct InjectionMetrics {
    experiment: Arc<str>,
    service: Arc<str>,
    kind: SiteKind,
    by_fault: Box<[FaultMetrics]>,
}

/// The handles for one kind of fault; that of delays is created by the first delay.
#[derive(Debug)]
struct FaultMetrics {
    fault: FaultKind,
    injected: OnceLock<metrics::Counter>,
    delays: OnceLock<metrics::Histogram>,
}

impl InjectionMetrics {
    pub(crate) fn of(experiment: &Arc<str>, faults: &[Fault], site: &SiteIdentity) -> Self {
        let by_fault = faults.iter().map(|fault| FaultMetrics {
            fault: fault.kind(),
            injected: OnceLock::new(),
            delays: OnceLock::new(),
        });
        Self {
            experiment: Arc::clone(experiment),
            service: Arc::clone(site.service()),
            kind: site.kind(),
            by_fault: by_fault.collect(),
        }
    }

    /// Counts an injection, under the kind of the first fault that had an effect.
    pub(crate) fn injected(&self, fault: FaultKind, delay: Duration) {
        let Some(handles) = self.by_fault.iter().find(|one| one.fault == fault) else {
            return;
        };
        contain(|| {
            let name = metric::INJECTED.name;
            let register = || metrics::counter!(name, &self.labels(handles.fault));
            get_or_register(&handles.injected, register).increment(1);
        });
        if !delay.is_zero() {
            contain(|| {
                let name = metric::INJECTED_DELAY.name;
                let register = || metrics::histogram!(name, &self.labels(handles.fault));
                get_or_register(&handles.delays, register).record(delay.as_secs_f64());
            });
        }
    }

    fn labels(&self, fault: FaultKind) -> [(&'static str, String); 4] {
        [
            ("experiment", self.experiment.to_string()),
            ("service", self.service.to_string()),
            ("kind", self.kind.to_string()),
            ("fault", fault.to_string()),
        ]
    }
}

/// The handles are parts of the recorder, so their drop is user code as well; a plan is dropped under the table's lock.
impl Drop for InjectionMetrics {
    fn drop(&mut self) {
        let by_fault = std::mem::take(&mut self.by_fault);
        if by_fault.iter().any(|one| one.injected.get().is_some()) {
            super::later(move || drop(by_fault));
        }
    }
}

/// Not by `get_or_init`, in which a recorder that meets the same fault itself would deadlock.
fn get_or_register<T>(handle: &OnceLock<T>, register: impl FnOnce() -> T) -> &T {
    handle.get().unwrap_or_else(|| {
        super::describe();
        let registered = register();
        handle.get_or_init(|| registered)
    })
}
