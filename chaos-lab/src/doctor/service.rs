//! What a target says without its API.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use jiff::fmt::rfc2822;
use tokio::time::timeout;

use super::Check;
use crate::discovery::Found;
use crate::load::{REQUEST_ID, Server};

/// The time limit of a request.
const PATIENCE: Duration = Duration::from_secs(2);

/// The difference of clocks that a header in seconds can't show.
const UNSEEN: f64 = 2.0;

/// Checks whether a target answers, and its clock.
pub async fn examine_service(found: &Found) -> Vec<Check> {
    let finding = format!("{} {}", found.url, found.state);
    let advice = found.state.advice().unwrap_or_default();
    let mut checks = vec![match () {
        () if found.state.is_healthy() => Check::ok("target", finding),
        () if found.state.answers() => Check::warning("target", finding, advice),
        () => Check::problem("target", finding, advice),
    }];
    if found.state.answers() {
        let asked = send(found, "chaos-lab-doctor").await;
        checks.extend(asked.map(|theirs| clock(theirs, SystemTime::now())));
    }
    checks
}

/// Sends a request with an id, as a load does, and returns the time of the target.
pub(super) async fn send(found: &Found, id: &str) -> Option<SystemTime> {
    let base = Server::parse(&found.url).ok()?;
    let mut request: Request<Full<Bytes>> = base.get(found.state.path()).ok()?;
    let id = HeaderValue::from_str(id).ok()?;
    request.headers_mut().insert(REQUEST_ID, id);
    let reply = timeout(PATIENCE, base.client.request(request)).await;
    let reply = reply.ok()?.ok()?;
    let date = reply.headers().get(header::DATE)?.to_str().ok()?;
    Some(rfc2822::parse(date).ok()?.timestamp().into())
}

fn clock(theirs: SystemTime, ours: SystemTime) -> Check {
    let ahead = match theirs.duration_since(ours) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    };
    if ahead.abs() <= UNSEEN {
        return Check::ok("clock", "that of the target and ours agree");
    }
    let direction = if ahead > 0.0 { "ahead of" } else { "behind" };
    Check::warning(
        "clock",
        format!(
            "that of the target is {:.0} s {direction} ours",
            ahead.abs()
        ),
        "leases are not affected, as they run on its own clock; the times in its journal and its log are",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_differs_is_said_to_be_ahead_or_behind() {
        let now = SystemTime::now();
        let minute = Duration::from_secs(60);
        let finding = |theirs| clock(theirs, now).finding;
        assert!(finding(now + minute).ends_with("60 s ahead of ours"));
        assert!(finding(now - minute).ends_with("60 s behind ours"));
        assert!(finding(now - Duration::from_secs(1)).ends_with("agree"));
    }
}
