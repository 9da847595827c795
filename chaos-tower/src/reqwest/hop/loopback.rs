//! Connections of reqwest's own type to a port of this machine.

use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use http::Extensions;
use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use reqwest::Client;
use tokio::net::{TcpListener, TcpStream};
use tokio::task_local;
use tower_layer::Layer;
use tower_service::Service;

use crate::box_error::BoxError;

/// The client whose connections are taken. It is built when the first one is needed, and never sends a request.
static CLIENT: LazyLock<Result<Client, String>> = LazyLock::new(|| build(default_client));

task_local! {
    /// The connection that was taken in this task.
    static TAKEN: RefCell<Option<Box<dyn Any + Send>>>;
}

/// Opens a connection on this machine: reqwest's end, whose type is private, and the other one.
pub(super) async fn connect<C: Connection + 'static>() -> Result<(C, TcpStream), BoxError> {
    let listener = listen().await?;
    let client = CLIENT.as_ref().map_err(String::as_str)?;
    let url = format!("http://{}/", listener.local_addr()?);
    let taken = TAKEN.scope(RefCell::default(), async {
        // Always fails, because its connection is taken away.
        let failed = client.get(url).send().await;
        TAKEN.with(RefCell::take).ok_or(failed)
    });
    let near = match taken.await {
        Ok(connection) => *connection
            .downcast::<C>()
            .map_err(|_| io::Error::from(io::ErrorKind::Unsupported))?,
        Err(failed) => return Err(failed.map_or_else(BoxError::from, |_| no_connection())),
    };
    let mut extensions = Extensions::new();
    near.connected().get_extras(&mut extensions);
    let own = extensions.get::<HttpInfo>().map(HttpInfo::local_addr);
    let far = accept_from(&listener, own).await?;
    Ok((near, far))
}

/// Listens where no other machine can connect.
async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// Accepts the connection from our own address.
async fn accept_from(listener: &TcpListener, own: Option<SocketAddr>) -> io::Result<TcpStream> {
    let (far, client) = listener.accept().await?;
    if own != Some(client) {
        // Another process connected to the port first.
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    // Without this option the hop still works, only slower.
    let _ = far.set_nodelay(true);
    Ok(far)
}

fn no_connection() -> BoxError {
    io::Error::from(io::ErrorKind::NotConnected).into()
}

fn default_client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().connector_layer(Taking).build()
}

/// Builds the client. reqwest panics if it has TLS, but no implementation of its cryptography.
fn build(client: fn() -> reqwest::Result<Client>) -> Result<Client, String> {
    match catch_unwind(client) {
        Ok(client) => client.map_err(|error| format!("no client for loopback connections: {error:?}")),
        Err(_) => Err(
            "reqwest can't build a client for loopback connections: with its feature `rustls-no-provider`, \
             install a default `rustls::crypto::CryptoProvider` first"
                .to_owned(),
        ),
    }
}

#[derive(Clone)]
struct Taking;

impl<S> Layer<S> for Taking {
    type Service = Taker<S>;

    fn layer(&self, inner: S) -> Taker<S> {
        Taker(inner)
    }
}

/// A connector that hands its connections to the task that asked for one.
#[derive(Clone)]
struct Taker<S>(S);

impl<S, R> Service<R> for Taker<S>
where
    S: Service<R, Error = BoxError, Future: Send + 'static>,
    S::Response: Any + Send,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let opening = self.0.call(request);
        Box::pin(async move {
            let connection = opening.await?;
            // reqwest polls its connector in the task of the request.
            let _ = TAKEN.try_with(|taken| taken.replace(Some(Box::new(connection))));
            Err(io::Error::from(io::ErrorKind::Unsupported).into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_panics_is_an_error() {
        let error = build(|| panic!("No provider set")).unwrap_err();
        assert!(error.contains("install a default"), "{error}");
    }

    #[tokio::test]
    async fn a_connection_of_another_process_is_not_taken_for_our_own() {
        let listener = listen().await.unwrap();
        let address = listener.local_addr().unwrap();
        assert!(address.ip().is_loopback(), "{address}");
        let _other = TcpStream::connect(address).await.unwrap();
        let near = TcpStream::connect(address).await.unwrap();
        let own = near.local_addr().ok();
        let error = accept_from(&listener, own).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        let far = accept_from(&listener, own).await.unwrap();
        assert!(far.nodelay().unwrap());
    }
}
