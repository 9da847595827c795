//! Finds the services of this machine, and says why one is no target.

use std::time::Duration;
use std::{fmt, io};

use http::StatusCode;
use http_body_util::{BodyExt, Collected, Limited};
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::load::{InvalidLoad, Server};
use crate::query::first_cause;

/// The paths at which services say how they are, the first of which that exists decides.
const PATHS: [&str; 4] = ["/health", "/healthz", "/api/health", "/"];

/// The keys under which a reply may name its service.
const NAMES: [&str; 4] = ["service", "service_name", "name", "app"];

/// The time limit of a connection, and of each reply.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest reply that is read for a name.
const MOST_BYTES: usize = 64 << 10;

/// Looks at these ports of the loopback interface, in this order.
pub async fn look_at_ports(ports: &[u16]) -> Vec<Found> {
    let mut found = Vec::new();
    for port in ports {
        let url = format!("http://127.0.0.1:{port}");
        found.extend(look_at(&url).await);
    }
    found
}

/// Looks at what is at a URL.
///
/// # Errors
///
/// When the text is no URL, or one that needs TLS.
pub async fn look_at(url: &str) -> Result<Found, InvalidLoad> {
    let base = Server::parse(url)?;
    let state = match timeout(PATIENCE, TcpStream::connect(base.address())).await {
        Err(_) => State::Unreachable {
            problem: format!("no connection within {PATIENCE:?}"),
        },
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => State::Closed,
        Ok(Err(error)) => State::Unreachable {
            problem: error.to_string(),
        },
        Ok(Ok(_)) => ask(&base).await,
    };
    Ok(Found {
        url: url.to_owned(),
        address: base.address(),
        state,
    })
}

async fn ask(base: &Server) -> State {
    for path in PATHS {
        let reply = async {
            let request = base.get(path).map_err(|error| error.to_string())?;
            let reply = base.client.request(request).await;
            let reply = reply.map_err(|error| first_cause(&error))?;
            let status = reply.status();
            // A body that is cut off or endless names no service.
            let body = Limited::new(reply.into_body(), MOST_BYTES).collect();
            let body = timeout(PATIENCE / 2, body).await;
            let body = body.ok().and_then(Result::ok);
            Ok((status, body.map(Collected::to_bytes).unwrap_or_default()))
        };
        match timeout(PATIENCE, reply).await {
            Err(_) => return State::Silent,
            Ok(Err(problem)) => return State::NotHttp { problem },
            Ok(Ok((StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, _))) => {}
            Ok(Ok((status, body))) => {
                return match status.as_u16() {
                    status @ 400.. => State::Unhealthy { path, status },
                    status => State::Healthy {
                        path,
                        status,
                        service: service_named_in(&body),
                    },
                };
            }
        }
    }
    State::WithoutHealth
}

/// The name of the service that a reply in JSON has, as a text for a terminal.
fn service_named_in(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let name = NAMES.iter().find_map(|key| body.get(key)?.as_str())?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    (!name.is_empty()).then_some(name)
}

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
