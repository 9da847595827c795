//! The parts of an HTTP request that a layer reads: its operation, its scope, its connection.

use chaos_core::adapter::Decision;
use chaos_core::scope::Headers;
use chaos_core::{Failure, Operation, Scope, Site, TagTrust};
use chaos_net::ConnectionHandle;
use http::{Extensions, HeaderMap, HeaderName, Method, Request};

/// A request whose method, path and headers a layer can read.
#[diagnostic::on_unimplemented(
    message = "chaos-tower cannot read requests of type `{Self}`",
    note = "it reads those of http 1, as in axum 0.7 and later, and with the feature `reqwest` those of reqwest 0.13",
    note = "for a service that is not HTTP use `ChaosLayer::service`"
)]
pub trait HttpRequest: Sized {
    /// Returns the method.
    fn method(&self) -> &Method;

    /// Returns the path of the URL.
    fn path(&self) -> &str;

    /// Returns the headers.
    fn headers(&self) -> &HeaderMap;

    /// Returns the headers, mutably.
    fn headers_mut(&mut self) -> &mut HeaderMap;

    /// Returns the extensions, if the request type has any that can be read.
    fn extensions(&self) -> Option<&Extensions>;

    /// Returns the extensions, mutably, if the request type has any that can be changed.
    fn extensions_mut(&mut self) -> Option<&mut Extensions> {
        None
    }

    /// Returns the route pattern that the request matched.
    fn route(&self) -> Option<&str> {
        None
    }
}

/// A request that a client can send, and that can be redirected to an address at which it fails.
#[diagnostic::on_unimplemented(
    message = "`ChaosLayer::client` cannot send requests of type `{Self}`",
    note = "it sends those of http 1 whose body has a default, and with the feature `reqwest` those of reqwest 0.13",
    note = "for a service that is not HTTP use `ChaosLayer::service`"
)]
pub trait OutgoingRequest: HttpRequest {
    /// Returns an empty request to an address at which it fails; `None` if the client has no such failure.
    #[doc(hidden)]
    fn redirected(authority: &str, failure: &Failure) -> Option<Self>;

    /// Returns an empty request with the same time limits, for an address that never responds; `None` without limits.
    #[doc(hidden)]
    fn with_same_limits(&self, _authority: &str) -> Option<Self> {
        None
    }

    /// Returns whether a future of this type starts the clocks of its limits when it is created, and sends when polled.
    #[doc(hidden)]
    fn starts_clocks_when_called<Call>() -> bool {
        false
    }

    /// Returns whether a call failed because of one of its time limits.
    #[doc(hidden)]
    fn is_limit<Error: 'static>(_: &Error) -> bool {
        false
    }

    /// Returns an error of a redirected call as that of the original one, whose response has these extensions.
    #[doc(hidden)]
    fn as_original<Error: 'static>(error: Error, _: &Extensions) -> Error {
        error
    }

    /// Returns the extensions of a response that is injected in place of the real one.
    #[doc(hidden)]
    fn response_extensions(&self) -> Extensions {
        Extensions::new()
    }
}

impl<B> HttpRequest for Request<B> {
    fn method(&self) -> &Method {
        self.method()
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.extensions())
    }

    fn extensions_mut(&mut self) -> Option<&mut Extensions> {
        Some(self.extensions_mut())
    }

    #[cfg(feature = "axum")]
    fn route(&self) -> Option<&str> {
        self.extensions()
            .get::<axum::extract::MatchedPath>()
            .map(axum::extract::MatchedPath::as_str)
    }
}

impl<B: Default> OutgoingRequest for Request<B> {
    fn redirected(authority: &str, failure: &Failure) -> Option<Self> {
        // Clients with such requests have no timeouts.
        if *failure == Failure::TimedOut {
            return None;
        }
        let mut request = Self::new(B::default());
        // A server that receives it by mistake does nothing for this method.
        *request.method_mut() = Method::OPTIONS;
        *request.uri_mut() = format!("http://{authority}/chaos-failing-address")
            .parse()
            .ok()?;
        Some(request)
    }
}

/// Returns the connection that a request arrived on, if the listener recorded it.
pub(crate) fn connection<B>(request: &Request<B>) -> Option<ConnectionHandle> {
    #[cfg(feature = "axum")]
    if let Some(info) = request
        .extensions()
        .get::<axum::extract::ConnectInfo<crate::Connection>>()
    {
        return Some(info.0.handle().clone());
    }
    request.extensions().get::<ConnectionHandle>().cloned()
}

/// Returns the scope of a received request: that in its extensions, else that of its headers, else the current one.
pub(crate) fn scope_of(request: &impl HttpRequest, trust: &TagTrust) -> Scope {
    if let Some(scope) = request.extensions().and_then(|all| all.get::<Scope>()) {
        return scope.clone();
    }
    let scope = Scope::from_headers(&RequestHeaders(request.headers()), trust);
    if scope.is_fresh() {
        // The headers name no request, but an outer layer may have generated a key for it already.
        return Scope::current().unwrap_or(scope);
    }
    scope
}

/// Request headers, as the core reads them.
pub(crate) struct RequestHeaders<'a>(pub(crate) &'a HeaderMap);

/// The headers that make a scope. Parsing their names costs more than looking them up.
static SCOPE_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("baggage"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("x-request-id"),
];

impl Headers for RequestHeaders<'_> {
    fn values(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        let values = match SCOPE_HEADERS.iter().find(|known| known.as_str() == name) {
            Some(known) => self.0.get_all(known),
            None => self.0.get_all(name),
        };
        for value in values {
            visit(value.as_bytes());
        }
    }
}

/// Decides on a request: its operation is `POST /orders/{id}`, its attributes are `method`, `path`, `route` and headers.
pub(crate) fn decide(site: &Site, request: &impl HttpRequest, scope: Option<&Scope>) -> Decision {
    decide_on(site, request, scope, |operation| operation)
}

/// Like [`decide`], with an operation that `restrict` has changed.
pub(crate) fn decide_on(
    site: &Site,
    request: &impl HttpRequest,
    scope: Option<&Scope>,
    restrict: impl FnOnce(Operation<'_>) -> Operation<'_>,
) -> Decision {
    let method = request.method().as_str();
    let path = request.path();
    let route = request.route().unwrap_or(path);
    let attributes = [("method", method), ("path", path), ("route", route)];
    let headers = RequestHeaders(request.headers());
    with_operation_name(method, route, |name| {
        let operation = Operation::new(name).attributes(&attributes);
        let operation = restrict(operation.headers(&headers));
        site.decide(&match scope {
            Some(scope) => operation.within(scope),
            None => operation,
        })
    })
}

/// Joins method and path to the name of an operation, allocating only for long ones.
fn with_operation_name<R>(method: &str, path: &str, read: impl FnOnce(&str) -> R) -> R {
    let mut short = [0; 128];
    let len = method.len() + 1 + path.len();
    let Some(name) = short.get_mut(..len) else {
        return read(&format!("{method} {path}"));
    };
    name[..method.len()].copy_from_slice(method.as_bytes());
    name[method.len()] = b' ';
    name[method.len() + 1..].copy_from_slice(path.as_bytes());
    read(std::str::from_utf8(name).unwrap_or_default())
}
