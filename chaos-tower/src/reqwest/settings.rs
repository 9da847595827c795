//! What a client was told about the ways of its connections.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::{Client, ClientBuilder};

use super::destination::{Destination, Security};

/// What a client was told about the ways of its connections, read from the text of its builder, which has no getters.
#[derive(Debug, Default)]
pub(super) struct Settings {
    overrides: HashMap<String, Vec<SocketAddr>>,
    pub(super) proxies: Proxies,
    binding: Binding,
}

/// Which interface its connections have to leave by.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Binding {
    #[default]
    Any,
    One,
}

/// Whether a connection may have to go through a proxy.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxies {
    #[default]
    None,
    Some,
}

impl Settings {
    pub(super) fn of(builder: &ClientBuilder) -> Self {
        let text = format!("{builder:?}");
        Self {
            overrides: overrides(&text),
            proxies: proxies(&text),
            binding: if text.contains("interface: ") {
                Binding::One
            } else {
                Binding::Any
            },
        }
    }

    /// Where on this machine a connection to it can be made to end; none if nowhere.
    pub(super) fn detour(&self, to: &Destination) -> Option<IpAddr> {
        if self.binding == Binding::One {
            return None;
        }
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if to.security == Security::Plain {
            return Some(here);
        }
        if let Some(address) = to.ip() {
            return address.is_loopback().then_some(address);
        }
        match self.overrides.get(to.host()) {
            None => Some(here),
            Some(addresses) => addresses
                .first()
                .map(SocketAddr::ip)
                .filter(IpAddr::is_loopback),
        }
    }

    /// The port that `resolve` says, where it says one.
    pub(super) fn port(&self, to: &Destination) -> Option<u16> {
        let address = self.overrides.get(to.host())?.first()?;
        Some(address.port()).filter(|port| *port != 0)
    }
}

/// Whether a client that was told of no proxy found one in its environment.
pub(super) fn proxies_of_system(client: &Client) -> Proxies {
    let set = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if set {
        proxies(&format!("{client:?}"))
    } else {
        Proxies::None
    }
}

fn proxies(text: &str) -> Proxies {
    if text.contains("proxies: [") {
        Proxies::Some
    } else {
        Proxies::None
    }
}

fn overrides(text: &str) -> HashMap<String, Vec<SocketAddr>> {
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

    use super::{Destination, Proxies, Settings};

    fn addresses(text: &str) -> Vec<SocketAddr> {
        text.split(' ').map(|one| one.parse().unwrap()).collect()
    }

    #[test]
    fn the_addresses_of_resolve_are_found() {
        let (a, b) = ("127.0.0.1:80 [::1]:0", "10.0.0.1:443");
        let builder = Client::builder()
            .no_proxy()
            .resolve_to_addrs("a.test", &addresses(a))
            .resolve_to_addrs("b.test", &addresses(b));
        let settings = Settings::of(&builder);
        assert_eq!(settings.overrides["a.test"], addresses(a));
        assert_eq!(settings.overrides["b.test"], addresses(b));
        assert_eq!(settings.overrides.len(), 2);
    }

    #[test]
    fn what_is_bound_to_an_interface_has_no_way_through_this_machine() {
        let to = Destination::of(&format_args!("Unnameable(http://payments.test/)")).unwrap();
        let bound = Client::builder().no_proxy();
        assert!(Settings::of(&bound).detour(&to).is_some());
        assert_eq!(Settings::of(&bound.interface("eth0")).detour(&to), None);
    }

    #[test]
    fn proxies_are_found() {
        let builder = Client::builder();
        assert_eq!(Settings::of(&builder).proxies, Proxies::None);
        let proxy = Proxy::all("http://127.0.0.1:1").unwrap();
        assert_eq!(Settings::of(&builder.proxy(proxy)).proxies, Proxies::Some);
    }
}
