//! Replies as customers get them.

use axum::response::Response;
use http_body_util::BodyExt;

/// A reply to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status; 0 if the reply broke off.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Reply {
    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        match response.into_body().collect().await {
            Ok(body) => Self {
                status,
                body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
            },
            Err(_) => Self {
                status: 0,
                body: String::new(),
            },
        }
    }

    /// Whether the request succeeded.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the reply is marked as possibly out of date.
    pub fn is_stale(&self) -> bool {
        self.body.contains(r#""stale":true"#)
    }
}
