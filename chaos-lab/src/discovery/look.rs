//! Asks services how they are.

use std::io;
use std::time::Duration;

use http::StatusCode;
use http_body_util::{BodyExt, Collected, Limited};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Found, State};
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
