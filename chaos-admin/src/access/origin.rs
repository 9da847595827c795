//! Requests that a web page of another site makes through a browser are refused.

use http::header;
use http::request::Parts;
use http::uri::Authority;

use crate::problem::Problem;

/// The names that requests may have as their host.
#[derive(Debug)]
pub(super) struct Hosts(Vec<String>);

/// The names that no foreign name server can point here.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Hosts {
    pub(super) fn new(more: Vec<String>) -> Self {
        Self(more)
    }

    /// Refuses a foreign host, a foreign origin, and requests across sites.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Problem> {
        let host = self.check_host(request)?;
        check_origin(request, host)
    }

    /// Refuses a foreign host, and returns an own one.
    pub(super) fn check_host<'r>(&self, request: &'r Parts) -> Result<&'r str, Problem> {
        let Some(host) = host(request) else {
            return Err(Problem::new(
                400,
                "no host",
                "expected exactly one header `Host`",
            ));
        };
        // A target such as `http://localhost/chaos/v1/status` has a host of its own.
        let target = request.uri.authority().map(Authority::as_str);
        if let Some(foreign) = [Some(host), target]
            .into_iter()
            .flatten()
            .find(|host| !self.knows(host))
        {
            return Err(Problem::new(
                421,
                "foreign host",
                format!("`{foreign}` is not a name of this API; add it with CHAOS_ADMIN_HOSTS"),
            ));
        }
        Ok(host)
    }

    fn knows(&self, host: &str) -> bool {
        let name = without_port(host);
        let mut known = LOOPBACK
            .into_iter()
            .chain(self.0.iter().map(String::as_str));
        known.any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host))
    }
}

/// Refuses the requests of foreign pages.
fn check_origin(request: &Parts, host: &str) -> Result<(), Problem> {
    let foreign = |detail: String| Problem::new(403, "foreign origin", detail);
    for origin in request.headers.get_all(header::ORIGIN) {
        let is_own = origin
            .to_str()
            .ok()
            .and_then(|origin| {
                origin
                    .strip_prefix("http://")
                    .or(origin.strip_prefix("https://"))
            })
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host));
        if !is_own {
            return Err(foreign(format!(
                "the request comes from {origin:?}, not from {host}"
            )));
        }
    }
    for site in request.headers.get_all("sec-fetch-site") {
        if !matches!(site.as_bytes(), b"same-origin" | b"none") {
            return Err(foreign(format!(
                "a browser marks the request as {site:?}, which is not of this origin"
            )));
        }
    }
    Ok(())
}

/// The host of a request, if there is exactly one.
fn host(request: &Parts) -> Option<&str> {
    let mut hosts = request.headers.get_all(header::HOST).iter();
    let header = hosts.next().map(|host| host.to_str().ok());
    if hosts.next().is_some() {
        return None;
    }
    match header {
        Some(host) => host,
        None => request.uri.authority().map(Authority::as_str),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() =>
        {
            // An IPv6 address has colons, but only in brackets.
            if name.contains(':') && !name.ends_with(']') {
                host
            } else {
                name
            }
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, StatusCode};

    use super::*;

    fn checked(headers: &[(&str, &str)]) -> Result<(), StatusCode> {
        let mut request = Request::builder().uri("/chaos/v1/status");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let hosts = Hosts::new(vec!["chaos.example".to_owned()]);
        hosts.check(&parts).map_err(|problem| problem.status())
    }

    #[test]
    fn only_own_names_are_hosts() {
        for own in [
            "localhost",
            "127.0.0.1:9901",
            "[::1]:9901",
            "LOCALHOST:1",
            "chaos.example",
            "chaos.example:443",
        ] {
            assert_eq!(checked(&[("host", own)]), Ok(()), "{own}");
        }
        for foreign in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "",
            "::1",
            "[::2]",
        ] {
            assert_eq!(
                checked(&[("host", foreign)]),
                Err(StatusCode::MISDIRECTED_REQUEST),
                "{foreign}"
            );
        }
        assert_eq!(checked(&[]), Err(StatusCode::BAD_REQUEST));
        let two = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(checked(&two), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn only_the_own_origin_is_admitted() {
        let from = |origin| checked(&[("host", "localhost:9901"), ("origin", origin)]);
        assert_eq!(from("http://localhost:9901"), Ok(()));
        for foreign in [
            "http://localhost:8080",
            "http://evil.example",
            "null",
            "localhost:9901",
        ] {
            assert_eq!(from(foreign), Err(StatusCode::FORBIDDEN), "{foreign}");
        }
    }

    #[test]
    fn a_fetch_across_sites_is_refused() {
        let fetch = |site| checked(&[("host", "localhost"), ("sec-fetch-site", site)]);
        assert_eq!((fetch("same-origin"), fetch("none")), (Ok(()), Ok(())));
        for site in ["cross-site", "same-site"] {
            assert_eq!(fetch(site), Err(StatusCode::FORBIDDEN), "{site}");
        }
    }
}
