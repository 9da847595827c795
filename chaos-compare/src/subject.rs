//! What the requests of a group have in common.

use std::fmt;

use chaos_core::journal::Injected;
use chaos_core::{FaultKind, SiteKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the requests of a group have in common.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// A fault struck them, in either build.
    Struck {
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
        /// The operation.
        operation: String,
        /// The fault.
        fault: FaultKind,
    },
    /// No fault struck them, in neither build.
    NoFault {
        /// The name of the request in the load.
        request: String,
    },
}

impl Subject {
    pub(crate) fn is_struck(&self) -> bool {
        matches!(self, Self::Struck { .. })
    }

    pub(crate) fn struck(injected: &Injected) -> Self {
        Self::Struck {
            service: injected.service.clone(),
            kind: injected.kind,
            operation: injected.operation.clone(),
            fault: injected.fault,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Struck {
                service,
                kind,
                operation,
                fault,
            } => write!(f, "`{fault}` at `{operation}` of {service} ({kind})"),
            Self::NoFault { request } => write!(f, "no fault at `{request}`"),
        }
    }
}
