//! Makes requests of reqwest's connector, whose type has no name.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use reqwest::{Client, Error};
use tokio::task_local;
use tower_layer::Layer;
use tower_service::Service;

use crate::BoxError;

task_local! {
    /// The request that is made in this task, once it is there.
    static FORGED: RefCell<Option<Box<dyn Any + Send>>>;
}

/// Makes requests of reqwest's connector: those that another client gives to its own, which connects to nothing.
#[derive(Debug, Clone)]
pub(super) struct Forger(Client);

impl Forger {
    pub(super) fn new() -> Result<Self, Error> {
        let client = Client::builder().no_proxy().connector_layer(Captures);
        client.build().map(Self)
    }

    /// The request for a connection to this URL, if such requests are what `R` is.
    pub(super) async fn forge<R: 'static>(&self, url: &str) -> Option<R> {
        let sent = async {
            // It always fails: there never is a connection.
            let _ = self.0.get(url).send().await;
            FORGED.with(RefCell::take)
        };
        let request = FORGED.scope(RefCell::default(), sent).await?;
        request.downcast().ok().map(|request| *request)
    }
}

#[derive(Clone)]
struct Captures;

impl<S> Layer<S> for Captures {
    type Service = Captured<S>;

    fn layer(&self, inner: S) -> Captured<S> {
        Captured(inner)
    }
}

#[derive(Clone)]
struct Captured<S>(S);

impl<S, R> Service<R> for Captured<S>
where
    S: Service<R, Error = BoxError>,
    R: Any + Send,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Ready<Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // Connects are polled in the task of their request.
        let _ = FORGED.try_with(|forged| forged.replace(Some(Box::new(request))));
        ready(Err(io::Error::from(io::ErrorKind::Unsupported).into()))
    }
}
