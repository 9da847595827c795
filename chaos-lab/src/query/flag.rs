//! Feature flags over OFREP, the remote evaluation protocol of OpenFeature.

use std::time::Duration;

use bytes::Bytes;
use http::header::{self, InvalidHeaderValue};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::over_http::ask;
use crate::load::{InvalidLoad, Server};

/// The time limit of a question.
const PATIENCE: Duration = Duration::from_secs(1);

/// A flag of a service that speaks OFREP.
#[derive(Debug)]
pub struct Flag {
    server: Server,
    key: String,
    targeting_key: String,
    authorization: Option<HeaderValue>,
}

/// What a service says about a flag.
#[derive(Deserialize)]
struct Evaluation {
    key: String,
    value: Value,
}

impl Flag {
    /// The flag of this key at the service with this URL, evaluated for a targeting key such as the name of an instance.
    ///
    /// # Errors
    ///
    /// When the URL makes no sense, or is one of TLS, which is left to a proxy.
    pub fn new(url: &str, key: &str, targeting_key: &str) -> Result<Self, InvalidLoad> {
        Ok(Self {
            server: Server::parse(url)?,
            key: key.to_owned(),
            targeting_key: targeting_key.to_owned(),
            authorization: None,
        })
    }

    /// Sends a token along with every question.
    ///
    /// # Errors
    ///
    /// When it has characters that no header can have.
    pub fn token(mut self, token: &str) -> Result<Self, InvalidHeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// Whether the flag is on.
    ///
    /// # Errors
    ///
    /// When the service does not answer within a second, does not know the flag, or answers with anything but a boolean.
    pub async fn is_on(&self) -> Result<bool, String> {
        let key = utf8_percent_encode(&self.key, NON_ALPHANUMERIC);
        let path = format!("/ofrep/v1/evaluate/flags/{key}");
        let context = json!({ "context": { "targetingKey": self.targeting_key } });
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.server.of_path(&path))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let body = Full::new(Bytes::from(context.to_string()));
        let request = request.body(body).map_err(|error| error.to_string())?;
        let answer = timeout(PATIENCE, ask(&self.server, request)).await;
        let answer = answer.map_err(|_| format!("no answer within {PATIENCE:?}"))??;
        let evaluation: Evaluation =
            serde_json::from_slice(&answer).map_err(|error| format!("no OFREP: {error}"))?;
        match evaluation {
            Evaluation { key, .. } if key != self.key => {
                Err(format!("the answer is about the flag `{key}`"))
            }
            Evaluation { value, .. } => value
                .as_bool()
                .ok_or_else(|| format!("expected `true` or `false`, found `{value}`")),
        }
    }
}
