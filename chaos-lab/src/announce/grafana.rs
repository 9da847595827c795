//! Annotations in Grafana.

use std::time::SystemTime;

use http::{HeaderValue, Method};
use serde::Deserialize;
use serde_json::json;

use super::InvalidAnnouncement;
use super::server::Server;

/// Annotates the windows of injections in a Grafana.
#[derive(Debug)]
pub struct Grafana(Server);

#[derive(Deserialize)]
struct Created {
    id: u64,
}

impl Grafana {
    /// The Grafana at a URL, with the token of a service account, if it needs one; the token is shown in no message.
    ///
    /// # Errors
    ///
    /// When the URL makes no sense, or the token can't be sent.
    pub fn at(url: &str, token: Option<&str>) -> Result<Self, InvalidAnnouncement> {
        let mut server = Server::at("Grafana", url)?;
        if let Some(token) = token {
            let token = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut token = token.map_err(|_| InvalidAnnouncement::Token)?;
            token.set_sensitive(true);
            server.authorization = Some(token);
        }
        Ok(Self(server))
    }

    /// Sets an annotation that begins at a time, and returns its number.
    pub(super) async fn begin(&self, at: SystemTime, tags: &[String]) -> Result<u64, String> {
        // Grafana renders markup in the text, so names are in the tags alone.
        let text = "chaos-lab injects faults";
        let annotation = json!({ "time": millis(at), "tags": tags, "text": text });
        let created: Created = self
            .0
            .call(Method::POST, "/api/annotations", &annotation)
            .await?;
        Ok(created.id)
    }

    /// Closes an annotation.
    pub(super) async fn end(&self, id: u64, at: SystemTime) -> Result<(), String> {
        let path = format!("/api/annotations/{id}");
        let end = json!({ "timeEnd": millis(at) });
        self.0.send(Method::PATCH, &path, end.to_string()).await?;
        Ok(())
    }
}

fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as u64
}
