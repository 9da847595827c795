//! One request and its reply.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout_at;

use super::{Answer, Expected, InvalidLoad};

pub(crate) type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// A limit beyond this would overflow the clock.
const MOST_PATIENCE: Duration = Duration::from_secs(86_400);

pub(crate) fn client() -> HttpClient {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// The scheme, host and port of the target, and the path that all its paths follow.
#[derive(Debug, Clone)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, InvalidLoad> {
        let invalid = || InvalidLoad::Target(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| invalid())?;
        let is_http = uri.scheme_str() == Some("http");
        let authority = uri.authority().filter(|_| is_http).ok_or_else(invalid)?;
        let base = uri.path().trim_end_matches('/');
        Ok(Self(format!("http://{authority}{base}")))
    }

    pub(crate) fn of_path(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
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
        match response.into_body().collect().await {
            Ok(body) => expect.answer(status, &body.to_bytes()),
            Err(error) => Answer::of(&error, Answer::BrokenOff),
        }
    };
    let limit = due + patience.min(MOST_PATIENCE);
    timeout_at(limit.into(), reply)
        .await
        .unwrap_or(Answer::Timeout)
}
