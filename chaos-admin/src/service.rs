//! Answers requests, whatever transport they come in on.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use chaos_core::ChaosManager;
use http::{HeaderValue, Method, Request, Response, header};
use http_body::Body;
use percent_encoding::percent_decode_str;

use crate::access::{Access, Asked, Transport};
use crate::approval_requests::ApprovalRequests;
use crate::call::Call;
use crate::context::Context;
use crate::feed::Feed;
use crate::outcome_watch::SharedOutcomeWatch;
use crate::page;
use crate::problem::Problem;
use crate::query;
use crate::readings::ReadingBoard;
use crate::reply::{Replied, ReplyBody};
use crate::request_body;
use crate::route::Route;
use crate::routes::ROUTES;
use crate::states::States;
use crate::worker::Worker;

/// Answers requests.
#[derive(Debug)]
pub(crate) struct AdminService {
    context: Arc<Context>,
}

impl AdminService {
    pub(crate) fn new(chaos: ChaosManager, access: Access, worker: Worker, reader: Worker) -> Self {
        Self {
            context: Arc::new(Context {
                chaos,
                access,
                worker,
                reader,
                feed: Feed::default(),
                states: States::default(),
                outcomes: SharedOutcomeWatch::default(),
                requests: ApprovalRequests::default(),
                readings: ReadingBoard::default(),
                routes: ROUTES,
            }),
        }
    }

    pub(crate) fn has_tokens(&self) -> bool {
        self.context.access.has_tokens()
    }

    pub(crate) async fn answer<B>(
        &self,
        request: Request<B>,
        transport: &Transport,
    ) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let mut response = match self.try_answer(request, transport).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        response
    }

    async fn try_answer<B>(&self, request: Request<B>, transport: &Transport) -> Replied
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (parts, body) = request.into_parts();
        let access = &self.context.access;
        if page::has(parts.uri.path()) {
            access.admit_reader(&parts)?;
            return page::reply(&parts);
        }
        let (route, path_value) = find(&parts.method, parts.uri.path())?;
        let asked = route.asked();
        let client = access.admit(&parts, transport, asked)?;
        // Nothing in its query or body may keep a halt from taking effect.
        let body = if asked == Asked::ToHalt {
            Bytes::new()
        } else {
            query::check(&parts.uri, &route.queries())?;
            request_body::read(body).await?
        };
        let call = Call {
            context: Arc::clone(&self.context),
            client,
            parts,
            body,
            path_value,
        };
        (route.handler)(call).await
    }
}

/// The route of a request, and the value of the parameter in its path.
fn find(method: &Method, path: &str) -> Result<(&'static Route, Option<String>), Problem> {
    let mut allowed = Vec::new();
    for route in ROUTES {
        let Some(value) = route.matches(path) else {
            continue;
        };
        if route.method == *method {
            let decoded = value.map(|value| percent_decode_str(value).decode_utf8());
            let value = decoded.transpose().map_err(|_| {
                Problem::new(400, "invalid path", "expected text in UTF-8 in the path")
            })?;
            return Ok((route, value.map(Cow::into_owned)));
        }
        allowed.push(route.method.as_str());
    }
    if allowed.is_empty() {
        let detail = "no such route; GET /chaos/v1/openapi.json lists them";
        return Err(Problem::new(404, "no such route", detail));
    }
    let allowed = allowed.join(", ");
    Err(Problem::new(
        405,
        "no such method",
        format!("expected {allowed}, found {method}"),
    )
    .header(header::ALLOW, &allowed))
}
