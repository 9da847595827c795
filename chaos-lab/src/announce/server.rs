//! Requests in JSON to a server that may not answer.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::load::{self, InvalidLoad};
use crate::query::ask;

/// The time limit of a request.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server with an API in JSON.
#[derive(Debug)]
pub(super) struct Server {
    name: &'static str,
    at: load::Server,
    pub(super) authorization: Option<HeaderValue>,
}

impl Server {
    pub(super) fn at(name: &'static str, url: &str) -> Result<Self, InvalidLoad> {
        Ok(Self {
            name,
            at: load::Server::parse(url)?,
            authorization: None,
        })
    }

    /// Sends a request, and returns the value in the reply.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, String> {
        let reply = self.send(method, path, body.to_string()).await?;
        serde_json::from_slice(&reply).map_err(|error| self.problem(&error))
    }

    /// Sends a request, and returns the body of the reply.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<Bytes, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.at.of_path(path))
            .header(header::USER_AGENT, "chaos-lab")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| self.problem(&error))?;
        let reply = timeout(PATIENCE, ask(&self.at, request)).await;
        let reply = reply.map_err(|_| self.problem(&format!("no reply within {PATIENCE:?}")))?;
        reply.map_err(|problem| self.problem(&problem))
    }

    fn problem(&self, problem: &impl ToString) -> String {
        format!("{}: {}", self.name, problem.to_string())
    }
}
