//! The headers that carry tags and attempt of a request to a trusted service.

use std::time::SystemTime;

use chaos_core::{Scope, TagKeys, TagTrust};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::http_request::RequestHeaders;

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Writes the signed member to the baggage, replacing one that is there already.
///
/// The signature is valid only for a request that arrives with the key it was made for, so the key is sent as well.
pub(crate) fn send(headers: &mut HeaderMap, scope: &Scope, keys: &TagKeys) {
    strip(headers);
    if !scope.attempt().is_retry() && scope.tags().is_empty() {
        return;
    }
    let signed = scope_at_receiver(headers, scope)
        .and_then(|scope| keys.sign(&scope, SystemTime::now()).ok());
    let Some(member) = signed else {
        return;
    };
    // Joined with a header that is there, if that is text: some receivers read only the first one.
    if let Some(others) = headers.get_mut(BAGGAGE)
        && let Ok(text) = others.to_str()
    {
        if let Ok(joined) = HeaderValue::from_str(&format!("{text},{member}")) {
            *others = joined;
        }
    } else if let Ok(member) = HeaderValue::from_str(&member) {
        headers.append(BAGGAGE, member);
    }
}

/// Removes every member with our name from the baggage.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let has_our_member = |value: &HeaderValue| {
        let text = value.to_str();
        text.is_ok_and(|text| text.split(',').any(is_our_member))
    };
    if !headers.get_all(BAGGAGE).iter().any(has_our_member) {
        return;
    }
    let values: Vec<HeaderValue> = headers.get_all(BAGGAGE).iter().cloned().collect();
    headers.remove(BAGGAGE);
    for value in values {
        let Ok(text) = value.to_str() else {
            // Our member is always text.
            headers.append(BAGGAGE, value);
            continue;
        };
        let others: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|member| !member.is_empty() && !is_our_member(member))
            .collect();
        if let Ok(value) = HeaderValue::from_str(&others.join(","))
            && !others.is_empty()
        {
            headers.append(BAGGAGE, value);
        }
    }
}

/// Returns the scope under the key that the receiver will read, and adds a key to the headers if they have none.
fn scope_at_receiver(headers: &mut HeaderMap, scope: &Scope) -> Option<Scope> {
    let named = Scope::from_headers(&RequestHeaders(headers), &TagTrust::none());
    if !named.is_fresh() {
        let tagged = scope.tags().iter().cloned().fold(named, Scope::tagged);
        return Some(tagged.on_attempt(scope.attempt()));
    }
    if headers.contains_key(REQUEST_ID) {
        // An invalid id belongs to the caller, so it is not replaced.
        return None;
    }
    let id = HeaderValue::from_str(scope.key()).ok()?;
    headers.insert(REQUEST_ID, id);
    let received = Scope::from_headers(&RequestHeaders(headers), &TagTrust::none());
    if received.key() == scope.key() {
        return Some(scope.clone());
    }
    // A key that is not a valid request id would be ignored by the receiver.
    headers.remove(REQUEST_ID);
    None
}

fn is_our_member(member: &str) -> bool {
    member
        .split_once('=')
        .is_some_and(|(name, _)| name.trim() == "chaos")
}
