//! Where a connection is to go.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::uri::Scheme;

/// Where a connection is to go.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    host: String,
    port: u16,
    pub(super) security: Security,
}

/// Whether TLS is to be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Plain,
    Tls,
}

impl Destination {
    /// Reads it from a request of reqwest's connector, the type of which has no name and shows nothing but its text.
    pub(super) fn of(request: &impl Debug) -> Option<Self> {
        let text = format!("{request:?}");
        let (_, uri) = text.split_once('(')?;
        let uri: Uri = uri.strip_suffix(')')?.parse().ok()?;
        let security = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTP => Security::Plain,
            scheme if *scheme == Scheme::HTTPS => Security::Tls,
            _ => return None,
        };
        let usual = match security {
            Security::Plain => 80,
            Security::Tls => 443,
        };
        Some(Self {
            host: uri.host()?.to_owned(),
            port: uri.port_u16().unwrap_or(usual),
            security,
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The address, if the host is one.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse().ok()
    }

    /// The URL of a connection to it without TLS, to a port that an address of `resolve` may say.
    pub(super) fn plain_url(&self, port: Option<u16>) -> String {
        format!("http://{}:{}/", self.host, port.unwrap_or(self.port))
    }

    /// The URL of a connection that ends at an address of ours, and that TLS takes for one to this host.
    pub(super) fn url_at(&self, own: SocketAddr) -> String {
        match self.security {
            Security::Plain => format!("http://{own}/"),
            Security::Tls => format!("https://{}:{}/", self.host, own.port()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Destination, Security};

    #[derive(Debug)]
    struct Unnameable(#[expect(dead_code)] http::Uri);

    fn of(url: &str) -> Option<Destination> {
        Destination::of(&Unnameable(url.parse().unwrap()))
    }

    #[test]
    fn ports_are_the_usual_ones_unless_they_are_said() {
        assert_eq!(of("http://a/").unwrap().plain_url(None), "http://a:80/");
        assert_eq!(of("https://a/").unwrap().plain_url(None), "http://a:443/");
        assert_eq!(of("https://a:7/").unwrap().plain_url(None), "http://a:7/");
        assert_eq!(
            of("https://a:7/").unwrap().plain_url(Some(8)),
            "http://a:8/"
        );
    }

    #[test]
    fn a_detour_keeps_the_name_that_tls_asks_for() {
        let own = "127.0.0.1:9".parse().unwrap();
        assert_eq!(of("http://a/").unwrap().url_at(own), "http://127.0.0.1:9/");
        assert_eq!(of("https://a/").unwrap().url_at(own), "https://a:9/");
        assert_eq!(of("https://a/").unwrap().security, Security::Tls);
    }

    #[test]
    fn addresses_are_told_from_names() {
        assert!(of("http://[::1]:80/").unwrap().ip().unwrap().is_loopback());
        assert!(of("http://127.0.0.1/").unwrap().ip().unwrap().is_loopback());
        assert!(of("http://localhost/").unwrap().ip().is_none());
    }

    #[test]
    fn what_is_no_connection_of_http_is_none() {
        assert!(of("/path").is_none());
        assert!(of("ftp://a/").is_none());
        assert!(Destination::of(&"http://a/").is_none());
    }
}
