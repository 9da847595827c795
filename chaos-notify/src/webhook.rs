//! Webhooks.

use std::error::Error;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::address::{host, is_loopback};
use crate::message::{Message, Occasion};
use crate::receiver::{Deliver, ReceiverName, Undelivered};
use crate::secret::Secret;
use crate::slack;

/// A webhook.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// The name, unique in the file.
    pub(crate) name: ReceiverName,
    /// The occasions of messages; defaults to all.
    pub(crate) on: Option<Vec<Occasion>>,
    /// The URL, a secret: `$NAME` is the value of a variable, `file:PATH` that of a file.
    #[schemars(with = "String")]
    url: Endpoint,
}

/// Where the messages of a webhook are sent.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Secret")]
struct Endpoint {
    url: SecretString,
    host: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl TryFrom<Secret> for Endpoint {
    type Error = String;

    fn try_from(Secret(url): Secret) -> Result<Self, String> {
        let expected = "its value must be an https:// URL without an account, or one of http:// to this machine";
        let uri: Uri = url.expose_secret().parse().map_err(|_| expected)?;
        let has_account = uri
            .authority()
            .is_some_and(|one| one.as_str().contains('@'));
        let host = host(&uri).filter(|_| !has_account).ok_or(expected)?;
        let is_fit = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => is_loopback(host),
            _ => false,
        };
        if !is_fit {
            return Err(expected.to_owned());
        }
        let connector = HttpsConnectorBuilder::new().with_native_roots();
        let connector = connector.map_err(|error| format!("no root certificates: {error}"))?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self {
            host: host.to_owned(),
            client: Client::builder(TokioExecutor::new()).build(connector),
            url,
        })
    }
}

impl Deliver for Webhook {
    async fn deliver(&self, message: &Message) -> Result<(), Undelivered> {
        let Endpoint { url, host, client } = &self.url;
        let problem = |what: &dyn ToString| format!("{host}: {}", what.to_string());
        let request = Request::post(url.expose_secret())
            .header(header::USER_AGENT, "chaos-lab")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", &message.id)
            .body(Full::from(slack::payload(message).to_string()))
            .map_err(|error| Undelivered::ForGood(problem(&error)))?;
        let reply = client.request(request).await;
        let reply = reply.map_err(|error| Undelivered::ForNow(problem(&first_cause(&error))))?;
        // Its body may repeat the URL.
        let status = reply.status();
        let why = problem(&format!("status {status}"));
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(Undelivered::ForNow(why))
            }
            status if status.is_server_error() => Err(Undelivered::ForNow(why)),
            _ => Err(Undelivered::ForGood(why)),
        }
    }
}

/// The innermost error, which is the one of the system.
fn first_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
