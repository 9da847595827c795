//! What a look at a URL found.

use std::fmt;

use serde::Serialize;

/// What a look at a URL found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// The URL.
    pub url: String,
    /// Its host and port.
    pub address: String,
    /// The state of what is there.
    #[serde(flatten)]
    pub state: State,
}

/// The state of what is at a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// A service that says that it is well.
    Healthy {
        /// The path that says so.
        path: &'static str,
        /// The status of its reply.
        status: u16,
        /// The name of the service, if the reply has it.
        service: Option<String>,
    },
    /// A service that says that it is not well.
    Unhealthy {
        /// The path that says so.
        path: &'static str,
        /// The status of its reply.
        status: u16,
    },
    /// A service with no path of health.
    WithoutHealth,
    /// Connections are accepted, and get something that is no HTTP.
    NotHttp {
        /// The problem.
        problem: String,
    },
    /// No reply within the time limit.
    Silent,
    /// Nothing listens.
    Closed,
    /// The host can't be reached.
    Unreachable {
        /// The problem.
        problem: String,
    },
}

impl State {
    /// Whether it is a service that says that it is well.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy { .. })
    }

    /// Whether it speaks HTTP.
    #[must_use]
    pub fn answers(&self) -> bool {
        matches!(
            self,
            Self::Healthy { .. } | Self::Unhealthy { .. } | Self::WithoutHealth
        )
    }

    /// The path that a reply came from.
    pub(crate) fn path(&self) -> &'static str {
        match self {
            Self::Healthy { path, .. } | Self::Unhealthy { path, .. } => path,
            _ => "/",
        }
    }

    /// What to do about it, if it is not healthy.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Healthy { .. } => return None,
            Self::Unhealthy { .. } => "look at what the service says there, or at its log",
            Self::WithoutHealth => "`--target URL` names it all the same; or serve /health",
            Self::NotHttp { .. } => {
                "it may speak TLS or another protocol: name its plain HTTP port"
            }
            Self::Silent => "it may be stuck, starting or overloaded: look at its log",
            Self::Closed => "start the service, or name its port in CHAOS_TARGET_PORT",
            Self::Unreachable { .. } => "check the name of the host, the network and firewalls",
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy {
                path,
                status,
                service,
            } => {
                let service = service.as_deref().map(|name| format!("{name}, "));
                let service = service.unwrap_or_default();
                write!(f, "healthy: {service}{path} answers {status}")
            }
            Self::Unhealthy { path, status } => write!(f, "not healthy: {path} answers {status}"),
            Self::WithoutHealth => f.write_str("answers 404 on each path of health"),
            Self::NotHttp { problem } => write!(f, "listens, but answers no HTTP: {problem}"),
            Self::Silent => f.write_str("listens, but answers nothing in time"),
            Self::Closed => f.write_str("nothing listens there"),
            Self::Unreachable { problem } => write!(f, "can't be reached: {problem}"),
        }
    }
}
