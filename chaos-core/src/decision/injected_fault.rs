//! The error of a fault that was injected.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::Failure;

/// A fault that was injected: the failure that the caller gets, the experiment, and the place.
///
/// Adapters turn it into the error that their own ecosystem would have produced. Your own code gets it from
/// [`Site::point`](crate::Site::point), or through `From` if its error type allows that.
#[derive(Debug, Clone)]
pub struct InjectedFault(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    failure: Failure,
    retry_after: Option<Duration>,
    experiment: Arc<str>,
    site: Arc<str>,
    operation: Box<str>,
}

impl InjectedFault {
    pub(crate) fn new(
        failure: Failure,
        retry_after: Option<Duration>,
        experiment: Arc<str>,
        site: Arc<str>,
        operation: &str,
    ) -> Self {
        Self(Box::new(Details {
            failure,
            retry_after,
            experiment,
            site,
            operation: operation.into(),
        }))
    }

    /// The failure that the caller gets.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// How long until a rate limit or an open circuit lets the next operation through.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The experiment that injected it.
    #[must_use]
    pub fn experiment(&self) -> &str {
        &self.0.experiment
    }

    /// The service at whose site it was injected.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.0.site
    }

    /// The operation that it was injected into; a name longer than 512 bytes is cut to that length and ends with `…`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }
}

impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            failure,
            experiment,
            site,
            operation,
            ..
        } = &*self.0;
        write!(
            f,
            "{failure} (injected by `{experiment}` at {site}, {operation})"
        )
    }
}

impl std::error::Error for InjectedFault {}

impl From<InjectedFault> for io::Error {
    fn from(fault: InjectedFault) -> Self {
        Self::new(fault.failure().io_kind(), fault)
    }
}
