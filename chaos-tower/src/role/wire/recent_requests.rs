//! The scopes of recent requests, so that the calls of one request are numbered.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chaos_core::{Scope, TagTrust};
use http::{HeaderMap, HeaderValue};

use crate::http_request::RequestHeaders;

/// How many requests are remembered: a retry usually follows its first try before as many others.
const REMEMBERED: usize = 1_024;

/// The scopes of recent requests, by their names.
///
/// The caller's own scope does not reach its connections. So calls that carry the same name share a scope here, and the
/// second one is drawn for anew.
#[derive(Debug, Default)]
pub(crate) struct RecentRequests(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    scopes: HashMap<Box<[u8]>, Scope>,
    /// The oldest name is the first.
    names: VecDeque<Box<[u8]>>,
}

impl RecentRequests {
    /// Returns the scope that the headers name, if they name one.
    pub(crate) fn scope_named_by(&self, headers: &HeaderMap) -> Option<Scope> {
        let scope = Scope::from_headers(&RequestHeaders(headers), &TagTrust::none());
        if scope.is_fresh() {
            return None;
        }
        // The key is that of the trace or the request; the header also names the span, which is another attempt.
        let span = headers.get("traceparent").map(HeaderValue::as_bytes);
        let name: Box<[u8]> = [scope.key().as_bytes(), span.unwrap_or_default()]
            .concat()
            .into();
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.scopes.get(&name) {
            return Some(known.clone());
        }
        if remembered.names.len() == REMEMBERED
            && let Some(oldest) = remembered.names.pop_front()
        {
            remembered.scopes.remove(&oldest);
        }
        remembered.names.push_back(name.clone());
        remembered.scopes.insert(name, scope.clone());
        Some(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> HeaderMap {
        HeaderMap::from_iter([("x-request-id".parse().unwrap(), name.parse().unwrap())])
    }

    #[test]
    fn an_invalid_trace_does_not_join_requests() {
        let recent = RecentRequests::default();
        let key = |name: &str| {
            let mut headers = named(name);
            headers.insert("traceparent", "invalid".parse().unwrap());
            recent.scope_named_by(&headers).unwrap().key().to_owned()
        };
        assert_eq!([key("a"), key("b"), key("a")], ["a", "b", "a"]);
    }

    #[test]
    fn a_retry_after_many_other_requests_is_known() {
        let recent = RecentRequests::default();
        for number in 0..1_000 {
            recent.scope_named_by(&named(&number.to_string()));
        }
        assert_eq!(recent.0.lock().unwrap().scopes.len(), 1_000);
    }

    #[test]
    fn the_number_of_remembered_requests_is_bounded() {
        let recent = RecentRequests::default();
        for number in 0..2 * REMEMBERED {
            assert!(recent.scope_named_by(&named(&number.to_string())).is_some());
        }
        assert!(recent.scope_named_by(&HeaderMap::new()).is_none());
        let remembered = recent.0.lock().unwrap();
        assert_eq!(remembered.scopes.len(), REMEMBERED);
        assert!(!remembered.scopes.contains_key("0".as_bytes()));
    }
}
