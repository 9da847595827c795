//! Asks a server for a document in JSON.

use std::error::Error;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use serde::de::DeserializeOwned;

use crate::load::{BaseUrl, HttpClient};

/// The longest document; an answer beyond it is of no use here.
const MOST_BYTES: usize = 16 << 20;

pub(crate) async fn get_json<T: DeserializeOwned>(
    client: &HttpClient,
    base: &BaseUrl,
    path: &str,
) -> Result<T, String> {
    let request = base.get(path).map_err(|error| error.to_string())?;
    let body = ask(client, request).await?;
    serde_json::from_slice(&body).map_err(|error| error.to_string())
}

/// The body of a successful reply.
pub(crate) async fn ask(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
) -> Result<Bytes, String> {
    let reply = client.request(request).await;
    let reply = reply.map_err(|error| first_cause(&error))?;
    let status = reply.status();
    let body = Limited::new(reply.into_body(), MOST_BYTES);
    let body = body.collect().await.map_err(|error| error.to_string())?;
    let body = body.to_bytes();
    if status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body);
    let text: String = text.trim().chars().take(200).collect();
    Err(format!("status {status}: {text}"))
}

/// The innermost error, which is the one of the system.
pub(crate) fn first_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
