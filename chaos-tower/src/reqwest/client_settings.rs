//! Settings of a client that decide where its connections go.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::{Client, ClientBuilder};

use super::destination::{Destination, Security};

/// Settings of a client that decide where its connections go.
///
/// Read from the `Debug` output of its builder, which has no getters.
#[derive(Debug, Default)]
pub(super) struct ClientSettings {
    dns_overrides: HashMap<String, Vec<SocketAddr>>,
    pub(super) proxies: ProxyUse,
    interface: Interface,
}

/// The network interface that connections leave by.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Interface {
    #[default]
    Any,
    Bound,
}

/// Whether connections may go through a proxy.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProxyUse {
    #[default]
    Never,
    Possible,
}

impl ClientSettings {
    pub(super) fn of(builder: &ClientBuilder) -> Self {
        let text = format!("{builder:?}");
        Self {
            dns_overrides: dns_overrides(&text),
            proxies: proxy_use(&text),
            interface: if text.contains("interface: ") {
                Interface::Bound
            } else {
                Interface::Any
            },
        }
    }

    /// Returns the loopback address through which a connection can be relayed, if there is one.
    pub(super) fn loopback_for(&self, to: &Destination) -> Option<IpAddr> {
        if self.interface == Interface::Bound {
            return None;
        }
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if to.security == Security::Plain {
            return Some(loopback);
        }
        if let Some(address) = to.ip() {
            return address.is_loopback().then_some(address);
        }
        match self.dns_overrides.get(to.host()) {
            None => Some(loopback),
            Some(addresses) => addresses
                .first()
                .map(SocketAddr::ip)
                .filter(IpAddr::is_loopback),
        }
    }

    /// Returns the port that `resolve` sets for the host, if it sets one.
    pub(super) fn port_override(&self, to: &Destination) -> Option<u16> {
        let address = self.dns_overrides.get(to.host())?.first()?;
        Some(address.port()).filter(|port| *port != 0)
    }
}

/// Reads whether a client, whose builder has no proxy, found one in its environment.
pub(super) fn system_proxy_use(client: &Client) -> ProxyUse {
    let is_set = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if is_set {
        proxy_use(&format!("{client:?}"))
    } else {
        ProxyUse::Never
    }
}

fn proxy_use(text: &str) -> ProxyUse {
    if text.contains("proxies: [") {
        ProxyUse::Possible
    } else {
        ProxyUse::Never
    }
}

fn dns_overrides(text: &str) -> HashMap<String, Vec<SocketAddr>> {
    let Some((_, text)) = text.split_once("dns_overrides: {") else {
        return HashMap::new();
    };
    let mut parts = text.split('"').skip(1);
    let mut overrides = HashMap::new();
    while let (Some(host), Some(list)) = (parts.next(), parts.next()) {
        let Some(list) = list.strip_prefix(": [") else {
            break;
        };
        let (list, last) = match list.split_once("]}") {
            Some((list, _)) => (list, true),
            None => (list.trim_end_matches("], "), false),
        };
        let addresses = list.split(", ").filter_map(|address| address.parse().ok());
        overrides.insert(host.to_owned(), addresses.collect());
        if last {
            break;
        }
    }
    overrides
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use reqwest::{Client, Proxy};

    use super::{ClientSettings, Destination, ProxyUse};

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split(' ').map(|one| one.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_set_by_resolve_are_read() {
        let (a, b) = ("127.0.0.1:80 [::1]:0", "10.0.0.1:443");
        let builder = Client::builder()
            .no_proxy()
            .resolve_to_addrs("a.test", &addresses(a))
            .resolve_to_addrs("b.test", &addresses(b));
        let settings = ClientSettings::of(&builder);
        assert_eq!(settings.dns_overrides["a.test"], addresses(a));
        assert_eq!(settings.dns_overrides["b.test"], addresses(b));
        assert_eq!(settings.dns_overrides.len(), 2);
    }

    #[test]
    fn a_client_bound_to_an_interface_cannot_be_relayed() {
        let to = Destination::of(&format_args!("Unnamed(http://payments.test/)")).unwrap();
        let bound = Client::builder().no_proxy();
        assert!(ClientSettings::of(&bound).loopback_for(&to).is_some());
        assert_eq!(
            ClientSettings::of(&bound.interface("eth0")).loopback_for(&to),
            None
        );
    }

    #[test]
    fn proxies_are_read() {
        let builder = Client::builder();
        assert_eq!(ClientSettings::of(&builder).proxies, ProxyUse::Never);
        let proxy = Proxy::all("http://127.0.0.1:1").unwrap();
        assert_eq!(
            ClientSettings::of(&builder.proxy(proxy)).proxies,
            ProxyUse::Possible
        );
    }
}
