//! The parts of reqwest's response that a layer reads and replaces.

use chaos_core::adapter::Needs;
use http::{Extensions, HeaderMap, StatusCode};
use reqwest::{Body, Response, ResponseBuilderExt, Url};

use super::read_ahead::{ReadAhead, WithClientTimeouts};
use crate::body::{BodyContext, BodyErrors, BodyKind, ChaosBody, FaultyBody};
use crate::http_response::HttpResponse;

impl HttpResponse for Response {
    type Outgoing = Self;

    #[inline(always)]
    fn untouched(self) -> Self {
        self
    }

    fn with_body_context(self, needs: Needs, mut context: BodyContext) -> Self {
        context.errors = BodyErrors::of(self.headers());
        let url = url_extensions(self.url().clone());
        let (mut parts, body) = http::Response::<Body>::from(self).into_parts();
        let body = ReadAhead::new(body);
        let faulty = FaultyBody::inner(needs, body.share(), context);
        let body = WithClientTimeouts::new(ChaosBody::faulty(faulty), body);
        parts.extensions.extend(url);
        Self::from(http::Response::from_parts(parts, Body::wrap(body)))
    }

    fn injected(needs: Needs, response: http::Response<String>) -> Self {
        Self::from(
            response
                .map(|text| Body::wrap(ChaosBody::<Body>::faulty(FaultyBody::text(needs, text)))),
        )
    }

    fn body_kind(&self) -> BodyKind {
        match self.content_length() {
            Some(0) => BodyKind::Empty,
            _ => BodyKind::Streaming,
        }
    }

    fn head(&self) -> (StatusCode, &HeaderMap) {
        (self.status(), self.headers())
    }

    fn outgoing_head(response: &Self) -> (StatusCode, &HeaderMap) {
        (response.status(), response.headers())
    }
}

/// Returns the extensions that give a response its URL, which only a response builder can create.
pub(super) fn url_extensions(url: Url) -> Extensions {
    let mut response = http::Response::builder().url(url).body(());
    response.as_mut().map_or_else(
        |_| Extensions::new(),
        |response| std::mem::take(response.extensions_mut()),
    )
}
