//! Addresses of servers, of which only those of this machine may be talked to in plain text.

use std::net::IpAddr;

use http::Uri;

/// The host of an address, without the brackets of IPv6.
pub(crate) fn host(uri: &Uri) -> Option<&str> {
    let host = uri.host()?.trim_matches(['[', ']']);
    (!host.is_empty()).then_some(host)
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
