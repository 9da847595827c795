//! Sessions of browsers, which can't send a token with each request.

use http::{HeaderValue, header};

use crate::call::Call;
use crate::problem::Problem;
use crate::reply::{Replied, no_content};
use crate::request_body;

pub(super) async fn open(call: Call) -> Replied {
    request_body::expect_none(&call.body)?;
    let cookie = call.context.access.open_session(&call.parts)?;
    with_cookie(cookie)
}

pub(super) async fn close(call: Call) -> Replied {
    request_body::expect_none(&call.body)?;
    with_cookie(Some(call.context.access.close_session(&call.parts)))
}

fn with_cookie(cookie: Option<String>) -> Replied {
    let mut response = no_content();
    if let Some(cookie) = cookie {
        let cookie = HeaderValue::from_str(&cookie)
            .map_err(|_| Problem::new(400, "no host", "the host can't be part of a cookie"))?;
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
