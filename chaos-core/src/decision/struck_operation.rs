//! An operation that experiments strike.

use std::sync::Arc;
use std::time::Duration;

use super::InjectedFault;
use crate::journal::excerpt;
use crate::running::Running;
use crate::site::ConnectionRecord;
use crate::site::SiteState;
use crate::{Failure, Operation, Scope};

/// The site, the name and the request of an operation that experiments strike.
#[derive(Debug, Clone)]
pub(super) struct StruckOperation {
    pub(super) site: Arc<SiteState>,
    /// Only for readers: draws, globs and witnesses get the full name.
    pub(super) name: Box<str>,
    pub(super) scope: Option<Scope>,
    pub(super) connection: Option<ConnectionRecord>,
}

impl StruckOperation {
    pub(super) fn new(
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) -> Self {
        Self {
            site: Arc::clone(site),
            name: excerpt(operation.name()).into(),
            scope: scope.cloned(),
            connection: operation.connection().cloned(),
        }
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
            Arc::clone(&running.name),
            Arc::clone(self.site.service()),
            &self.name,
        )
    }
}
