//! Asks a server for a document in JSON.

use std::error::Error;

use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use crate::load::Server;

/// The longest document; an answer beyond it is of no use here.
const MOST_BYTES: usize = 16 << 20;

pub(crate) async fn get_json<T: DeserializeOwned>(
    server: &Server,
    path: &str,
) -> Result<T, String> {
    let request = server.get(path).map_err(|error| error.to_string())?;
    let reply = server.client.request(request).await;
    let reply = reply.map_err(|error| first_cause(&error))?;
    let status = reply.status();
    let body = Limited::new(reply.into_body(), MOST_BYTES);
    let body = body.collect().await.map_err(|error| error.to_string())?;
    let body = body.to_bytes();
    if !status.is_success() {
        let text = String::from_utf8_lossy(&body);
        let text: String = text.trim().chars().take(200).collect();
        return Err(format!("status {status}: {text}"));
    }
    serde_json::from_slice(&body).map_err(|error| error.to_string())
}

/// The innermost error, which is the one of the system.
pub(crate) fn first_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
