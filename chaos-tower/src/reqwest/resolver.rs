//! A DNS resolver that can send connections to an address of this machine.

use std::future::ready;
use std::iter;
use std::net::SocketAddr;
use std::str::FromStr;

use hyper_util::client::legacy::connect::dns;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::task::futures::TaskLocalFuture;
use tokio::task_local;
use tower_service::Service;

task_local! {
    /// The address of every host, for the connect in this task.
    static OVERRIDE: SocketAddr;
}

/// Makes every host resolve to this address while `connect` runs.
pub(super) fn resolving_to<F: Future>(
    address: SocketAddr,
    connect: F,
) -> TaskLocalFuture<SocketAddr, F> {
    OVERRIDE.scope(address, connect)
}

/// Resolves hosts to the address set by [`resolving_to`], and otherwise with `R`.
pub(super) struct OverridableResolver<R>(R);

impl<R: Resolve> OverridableResolver<R> {
    pub(super) fn new(resolver: R) -> Self {
        Self(resolver)
    }
}

impl<R: Resolve> Resolve for OverridableResolver<R> {
    fn resolve(&self, name: Name) -> Resolving {
        match OVERRIDE.try_with(|address| *address) {
            Ok(address) => Box::pin(ready(Ok(Box::new(iter::once(address)) as Addrs))),
            Err(_) => self.0.resolve(name),
        }
    }
}

/// reqwest's default resolver.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = dns::Name::from_str(name.as_str())?;
            let addresses = dns::GaiResolver::new().call(name).await?;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
