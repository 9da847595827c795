//! A middleware for the client of `reqwest-middleware`.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use chaos_core::{ChaosManager, TagKeys};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};
use tokio::sync::Mutex;
use tower_layer::Layer;
use tower_service::Service;

use crate::{ChaosLayer, Client};

/// A middleware that injects faults into the requests of a client, like [`ChaosLayer::client`].
///
/// Add it last, after retries: then each attempt gets its own decision. Unlike [`client`](super::client), it sees the
/// caller's [`Scope`](crate::Scope), sends tags and can refuse a request. But the time limits of the client below it start
/// only after an injected latency: to have them felt, put [`client`](super::client) underneath, in place of this.
///
/// ```
/// use chaos_tower::reqwest::ChaosMiddleware;
/// use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault};
/// use reqwest_middleware::ClientBuilder;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chaos = ChaosManager::new();
/// let http = reqwest::Client::builder().no_proxy().build()?;
/// let http = ClientBuilder::new(http).with(ChaosMiddleware::new(&chaos, "payments")).build();
///
/// let _down = chaos.inject(BlastRadius::calls_to("payments"), Fault::error(Failure::Refused))?;
/// let error = http.get("http://payments.test/").send().await.unwrap_err();
/// assert!(error.is_connect());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ChaosMiddleware(ChaosLayer<Client>);

impl ChaosMiddleware {
    /// Creates a middleware for the requests that go out to a service.
    #[must_use]
    pub fn new(chaos: &ChaosManager, service: &str) -> Self {
        Self(ChaosLayer::client(chaos, service))
    }

    /// Sends tags to a trusted service; see [`ChaosLayer::sending_tags`].
    #[must_use]
    pub fn sending_tags(self, keys: TagKeys) -> Self {
        Self(self.0.sending_tags(keys))
    }

    /// Responds to broken connections without any call; see [`ChaosLayer::imitating_connections`].
    #[must_use]
    pub fn imitating_connections(self) -> Self {
        Self(self.0.imitating_connections())
    }
}

#[async_trait::async_trait]
impl Middleware for ChaosMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        if self.0.is_idle() {
            return next.run(request, extensions).await;
        }
        let extensions = Arc::new(Mutex::new(extensions));
        let mut service = self.0.layer(RemainingMiddleware { next, extensions });
        poll_fn(|cx| service.poll_ready(cx)).await?;
        service.call(request).await
    }
}

/// The middleware after this one, as a service.
#[derive(Clone)]
struct RemainingMiddleware<'a> {
    next: Next<'a>,
    /// Shared by a call and its redirected successor, which never run at the same time.
    extensions: Arc<Mutex<&'a mut Extensions>>,
}

impl<'a> Service<Request> for RemainingMiddleware<'a> {
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response>> + Send + 'a>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { next, extensions } = self.clone();
        Box::pin(async move {
            let mut extensions = extensions.lock().await;
            next.run(request, &mut extensions).await
        })
    }
}
