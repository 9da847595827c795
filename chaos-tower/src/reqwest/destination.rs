//! The destination of a connection.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::uri::Scheme;

/// The destination of a connection.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    host: String,
    port: u16,
    pub(super) security: Security,
}

/// Whether the connection uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Plain,
    Tls,
}

impl Destination {
    /// Reads the destination from the `Debug` output of a request to reqwest's connector, whose type is private.
    pub(super) fn of(request: &impl Debug) -> Option<Self> {
        let text = format!("{request:?}");
        let (_, uri) = text.split_once('(')?;
        let uri: Uri = uri.strip_suffix(')')?.parse().ok()?;
        let security = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTP => Security::Plain,
            scheme if *scheme == Scheme::HTTPS => Security::Tls,
            _ => return None,
        };
        let default_port = match security {
            Security::Plain => 80,
            Security::Tls => 443,
        };
        Some(Self {
            host: uri.host()?.to_owned(),
            port: uri.port_u16().unwrap_or(default_port),
            security,
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the IP address, if the host is one.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse().ok()
    }

    /// Returns the URL of a connection without TLS, to the port of the destination unless `resolve` sets another one.
    pub(super) fn plain_url(&self, port_override: Option<u16>) -> String {
        format!(
            "http://{}:{}/",
            self.host,
            port_override.unwrap_or(self.port)
        )
    }

    /// Returns the URL of a connection to the relay. For TLS it keeps the host, so that certificates are still valid.
    pub(super) fn url_at(&self, relay: SocketAddr) -> String {
        match self.security {
            Security::Plain => format!("http://{relay}/"),
            Security::Tls => format!("https://{}:{}/", self.host, relay.port()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Destination, Security};

    #[derive(Debug)]
    struct Unnamed(#[expect(dead_code)] http::Uri);

    fn of(url: &str) -> Option<Destination> {
        Destination::of(&Unnamed(url.parse().unwrap()))
    }

    #[test]
    fn ports_default_to_those_of_the_scheme() {
        assert_eq!(of("http://a/").unwrap().plain_url(None), "http://a:80/");
        assert_eq!(of("https://a/").unwrap().plain_url(None), "http://a:443/");
        assert_eq!(of("https://a:7/").unwrap().plain_url(None), "http://a:7/");
        assert_eq!(
            of("https://a:7/").unwrap().plain_url(Some(8)),
            "http://a:8/"
        );
    }

    #[test]
    fn the_url_of_the_relay_keeps_the_host_for_tls() {
        let relay = "127.0.0.1:9".parse().unwrap();
        assert_eq!(
            of("http://a/").unwrap().url_at(relay),
            "http://127.0.0.1:9/"
        );
        assert_eq!(of("https://a/").unwrap().url_at(relay), "https://a:9/");
        assert_eq!(of("https://a/").unwrap().security, Security::Tls);
    }

    #[test]
    fn addresses_are_distinguished_from_names() {
        assert!(of("http://[::1]:80/").unwrap().ip().unwrap().is_loopback());
        assert!(of("http://127.0.0.1/").unwrap().ip().unwrap().is_loopback());
        assert!(of("http://localhost/").unwrap().ip().is_none());
    }

    #[test]
    fn other_requests_have_no_destination() {
        assert!(of("/path").is_none());
        assert!(of("ftp://a/").is_none());
        assert!(Destination::of(&"http://a/").is_none());
    }
}
