//! Tags and attempt of a request, sent along to a service that is trusted.

use std::time::SystemTime;

use chaos_core::{Scope, TagKeys, TagTrust};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::headers::Received;

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds the signed member to the baggage, in place of one that is there already.
///
/// It holds only for a request that arrives with the key it was signed for, so the key goes along, too.
pub(crate) fn send(headers: &mut HeaderMap, scope: &Scope, keys: &TagKeys) {
    if !scope.attempt().is_retry() && scope.tags().is_empty() {
        return;
    }
    let Some(known_as) = known_as(headers, scope) else {
        return;
    };
    let Ok(ours) = keys.sign(&known_as, SystemTime::now()) else {
        return;
    };
    let kept = headers
        .get_all(BAGGAGE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|member| !member.is_empty() && !is_ours(member));
    let members: Vec<&str> = kept.chain([ours.as_str()]).collect();
    if let Ok(value) = HeaderValue::from_str(&members.join(",")) {
        headers.insert(BAGGAGE, value);
    }
}

/// The scope under the key by which the receiver will know the request; sets the key if there is none yet.
fn known_as(headers: &mut HeaderMap, scope: &Scope) -> Option<Scope> {
    let there = Scope::from_headers(&Received(headers), &TagTrust::none());
    if !there.is_fresh() {
        let tagged = scope.tags().iter().cloned().fold(there, Scope::tagged);
        return Some(tagged.on_attempt(scope.attempt()));
    }
    let id = HeaderValue::from_str(scope.key()).ok()?;
    headers.insert(REQUEST_ID, id);
    let arrives = Scope::from_headers(&Received(headers), &TagTrust::none());
    // A key that can't be a request id would arrive as none.
    (arrives.key() == scope.key()).then(|| scope.clone())
}

fn is_ours(member: &str) -> bool {
    member
        .split_once('=')
        .is_some_and(|(name, _)| name.trim() == "chaos")
}
