//! One request and its reply.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Frame;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout_at;

use super::{Answer, Expected, InvalidLoad};
use crate::scenario::Target;

pub(crate) type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// The header with the id of a request.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// A body is looked at so far, and the rest of it only received.
const MOST_BYTES: usize = 1 << 20;

/// A limit beyond this would overflow the clock.
const MOST_PATIENCE: Duration = Duration::from_secs(86_400);

/// A server of plain HTTP: a target, or what probes ask.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Opens a connection for each request of a relay: there, a rate is a share of connections.
    pub(crate) client: HttpClient,
    /// Where connections go: the target, or the relay in front of it.
    connected: Authority,
    authority: Authority,
    /// The path that all its paths follow.
    path: String,
}

impl Server {
    pub(crate) fn parse(url: &str) -> Result<Self, InvalidLoad> {
        let invalid = || InvalidLoad::Target(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| invalid())?;
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Err(InvalidLoad::Encrypted(url.to_owned()));
        }
        let is_http = uri.scheme() == Some(&Scheme::HTTP);
        let authority = uri.authority().filter(|_| is_http).ok_or_else(invalid)?;
        Ok(Self {
            client: client(usize::MAX),
            connected: authority.clone(),
            authority: authority.clone(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The URL of a target, or of the relay in front of it.
    pub(crate) fn of_target(target: &Target) -> Result<Self, InvalidLoad> {
        let mut base = Self::parse(&target.url)?;
        if let Some(relay) = target.relay {
            let invalid = |_| InvalidLoad::Target(target.url.clone());
            base.connected = relay.to_string().parse().map_err(invalid)?;
            base.client = client(0);
        }
        Ok(base)
    }

    pub(crate) fn of_path(&self, path: &str) -> String {
        format!("http://{}{}{path}", self.connected, self.path)
    }

    /// The host and the port, as connections name them.
    pub(crate) fn address(&self) -> String {
        let port = self.authority.port_u16().unwrap_or(80);
        format!("{}:{port}", self.authority.host())
    }

    /// A request of the lab itself, beside the load.
    pub(crate) fn get(&self, path: &str) -> http::Result<Request<Full<Bytes>>> {
        let mut request = Request::get(self.of_path(path))
            .header(header::USER_AGENT, "chaos-lab")
            .body(Full::new(Bytes::new()))?;
        self.name_host(&mut request);
        Ok(request)
    }

    /// Names the target as the host of a request, whatever it is sent through.
    pub(crate) fn name_host<T>(&self, request: &mut Request<T>) {
        let host = self.authority.as_str().rsplit('@').next();
        if let Some(Ok(host)) = host.map(HeaderValue::from_str) {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
    }
}

fn client(idle_connections: usize) -> HttpClient {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(idle_connections)
        .build(connector)
}

/// Sends a request, and waits for its whole reply until some time after it was due.
pub(crate) async fn exchange(
    client: HttpClient,
    request: Result<Request<Full<Bytes>>, http::Error>,
    expect: &Expected,
    due: Instant,
    patience: Duration,
) -> Answer {
    let Ok(request) = request else {
        return Answer::Unsent;
    };
    let reply = async {
        let response = match client.request(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Answer::of(&error, Answer::Unreachable),
            Err(error) => return Answer::of(&error, Answer::BrokenOff),
        };
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut looked_at = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) if expect.body_contains.is_some() && looked_at.len() < MOST_BYTES => {
                    looked_at.extend_from_slice(&data);
                }
                Ok(_) => {}
                Err(error) => return Answer::of(&error, Answer::BrokenOff),
            }
        }
        expect.answer(status, &looked_at)
    };
    let limit = due + patience.min(MOST_PATIENCE);
    timeout_at(limit.into(), reply)
        .await
        .unwrap_or(Answer::Timeout)
}
