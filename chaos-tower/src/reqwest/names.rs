//! The addresses of hosts, but for those connections that are to come to us.

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
    /// Where every host is, for the connect that is going on.
    static HERE: SocketAddr;
}

/// Has a connect find every host at this address.
pub(super) fn all_at<F: Future>(address: SocketAddr, connect: F) -> TaskLocalFuture<SocketAddr, F> {
    HERE.scope(address, connect)
}

/// The addresses of hosts, but for those connections that are to come to us.
pub(super) struct Names<R>(R);

impl<R: Resolve> Names<R> {
    pub(super) fn new(otherwise: R) -> Self {
        Self(otherwise)
    }
}

impl<R: Resolve> Resolve for Names<R> {
    fn resolve(&self, name: Name) -> Resolving {
        match HERE.try_with(|address| *address) {
            Ok(address) => Box::pin(ready(Ok(Box::new(iter::once(address)) as Addrs))),
            Err(_) => self.0.resolve(name),
        }
    }
}

/// The resolver that reqwest has unless it is given another.
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
