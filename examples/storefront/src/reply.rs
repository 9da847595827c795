//! What a customer is told.

use axum::response::Response;
use http_body_util::BodyExt;

/// What a customer is told; the same in every run in which the same happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status; 0 if there is no reply, because it broke off.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Reply {
    pub(crate) async fn of(response: Response) -> Self {
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

    /// Whether the customer got what was asked for.
    #[must_use]
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether it says that it may be out of date.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.body.contains(r#""stale":true"#)
    }
}
