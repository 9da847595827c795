//! The page at `/chaos/`: its files, and how browsers may use them.

mod file;

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::problem::Problem;
use crate::reply::{ReplyBody, full, typed};
use file::FILES;

/// What browsers may do on behalf of the page: load its own files, speak to this API, and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a path is that of a file of the page, which needs no token.
pub(crate) fn has(path: &str) -> bool {
    path == "/chaos" || name(path).is_some_and(|name| FILES.iter().any(|file| file.name == name))
}

/// Replies with a file of the page.
pub(crate) fn reply(request: &Parts) -> Result<Response<ReplyBody>, Problem> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let found = format!("expected GET, found {}", request.method);
        return Err(Problem::new(405, "no such method", found).header(header::ALLOW, "GET"));
    }
    let name = name(request.uri.path());
    let file = FILES.iter().find(|file| Some(file.name) == name);
    let Some(file) = file else {
        return Ok(redirect("chaos/"));
    };
    let mut response = typed(StatusCode::OK, file.content_type, file.text);
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // A browser that sends no referrer sends `Origin: null` with the form of HALT, which is refused as foreign.
    let referrer = HeaderValue::from_static("same-origin");
    headers.insert(header::REFERRER_POLICY, referrer);
    Ok(response)
}

/// Sends a browser to a place relative to the one that it asked for, so that a proxy may serve all under another path.
pub(crate) fn redirect(place: &'static str) -> Response<ReplyBody> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_static(place);
    response.headers_mut().insert(header::LOCATION, place);
    response
}

/// The name of a file in the folder of the page.
fn name(path: &str) -> Option<&str> {
    path.strip_prefix("/chaos/")
}
