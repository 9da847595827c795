//! What a layer does with a response of reqwest's.

use chaos_core::adapter::Needs;
use http::{Extensions, HeaderMap, StatusCode};
use reqwest::{Body, Response, ResponseBuilderExt, Url};

use super::ahead::{Ahead, Impatient};
use crate::body::{ChaosBody, TreatedBody, Treatment};
use crate::http_response::HttpResponse;
use crate::role::Follows;

impl HttpResponse for Response {
    type Outgoing = Self;

    #[inline(always)]
    fn untouched(self) -> Self {
        self
    }

    fn treated(self, needs: Needs, treatment: Treatment) -> Self {
        let url = of_url(self.url().clone());
        let (mut parts, body) = http::Response::<Body>::from(self).into_parts();
        let ahead = Ahead::of(body);
        let treated = TreatedBody::passing(needs, ahead.reader(), treatment);
        let body = Impatient::new(ChaosBody::treated(treated), ahead);
        parts.extensions.extend(url);
        Self::from(http::Response::from_parts(parts, Body::wrap(body)))
    }

    fn answered(needs: Needs, answer: http::Response<String>) -> Self {
        Self::from(
            answer.map(|text| {
                Body::wrap(ChaosBody::<Body>::treated(TreatedBody::answer(needs, text)))
            }),
        )
    }

    fn follows(&self) -> Follows {
        match self.content_length() {
            Some(0) => Follows::Nothing,
            _ => Follows::Stream,
        }
    }

    fn head(&self) -> (StatusCode, &HeaderMap) {
        (self.status(), self.headers())
    }

    fn read(response: &Self) -> (StatusCode, &HeaderMap) {
        (response.status(), response.headers())
    }
}

/// What gives a response its URL, which only a builder can make.
pub(super) fn of_url(url: Url) -> Extensions {
    let mut response = http::Response::builder().url(url).body(());
    response.as_mut().map_or_else(
        |_| Extensions::new(),
        |response| std::mem::take(response.extensions_mut()),
    )
}
