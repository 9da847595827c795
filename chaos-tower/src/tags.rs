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
    strip(headers);
    if !scope.attempt().is_retry() && scope.tags().is_empty() {
        return;
    }
    let signed =
        known_as(headers, scope).and_then(|known_as| keys.sign(&known_as, SystemTime::now()).ok());
    let Some(ours) = signed else {
        return;
    };
    // Joined with what is there, if that is text: not everybody reads more than one of these headers.
    if let Some(others) = headers.get_mut(BAGGAGE)
        && let Ok(text) = others.to_str()
    {
        if let Ok(joined) = HeaderValue::from_str(&format!("{text},{ours}")) {
            *others = joined;
        }
    } else if let Ok(ours) = HeaderValue::from_str(&ours) {
        headers.append(BAGGAGE, ours);
    }
}

/// Takes members of our name out of the baggage, whoever put them there.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let holds_ours = |value: &HeaderValue| {
        let text = value.to_str();
        text.is_ok_and(|text| text.split(',').any(is_ours))
    };
    if !headers.get_all(BAGGAGE).iter().any(holds_ours) {
        return;
    }
    let values: Vec<HeaderValue> = headers.get_all(BAGGAGE).iter().cloned().collect();
    headers.remove(BAGGAGE);
    for value in values {
        let Ok(text) = value.to_str() else {
            // Not text, so none of ours.
            headers.append(BAGGAGE, value);
            continue;
        };
        let others: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|member| !member.is_empty() && !is_ours(member))
            .collect();
        if let Ok(value) = HeaderValue::from_str(&others.join(","))
            && !others.is_empty()
        {
            headers.append(BAGGAGE, value);
        }
    }
}

/// The scope under the key by which the receiver will know the request; sets the key if there is none yet.
fn known_as(headers: &mut HeaderMap, scope: &Scope) -> Option<Scope> {
    let there = Scope::from_headers(&Received(headers), &TagTrust::none());
    if !there.is_fresh() {
        let tagged = scope.tags().iter().cloned().fold(there, Scope::tagged);
        return Some(tagged.on_attempt(scope.attempt()));
    }
    if headers.contains_key(REQUEST_ID) {
        // One that makes no sense is not ours to replace.
        return None;
    }
    let id = HeaderValue::from_str(scope.key()).ok()?;
    headers.insert(REQUEST_ID, id);
    let arrives = Scope::from_headers(&Received(headers), &TagTrust::none());
    if arrives.key() == scope.key() {
        return Some(scope.clone());
    }
    // A key that can't be a request id would arrive as none.
    headers.remove(REQUEST_ID);
    None
}

fn is_ours(member: &str) -> bool {
    member
        .split_once('=')
        .is_some_and(|(name, _)| name.trim() == "chaos")
}
