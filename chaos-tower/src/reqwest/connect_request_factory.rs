//! Creates requests to reqwest's connector, whose type is private.

use std::any::Any;
use std::cell::RefCell;
use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use reqwest::{Client, Error};
use tokio::task_local;
use tower_layer::Layer;
use tower_service::Service;

use crate::box_error::BoxError;

task_local! {
    /// The request that was captured in this task.
    static CAPTURED: RefCell<Option<Box<dyn Any + Send>>>;
}

/// Creates requests to reqwest's connector, by capturing those of a client whose connector never connects.
#[derive(Debug, Clone)]
pub(super) struct ConnectRequestFactory(Client);

impl ConnectRequestFactory {
    pub(super) fn new() -> Result<Self, Error> {
        let client = Client::builder().no_proxy().connector_layer(CaptureLayer);
        client.build().map(Self)
    }

    /// Creates the request for a connection to this URL; `None` unless `R` is the type of such requests.
    pub(super) async fn create<R: 'static>(&self, url: &str) -> Option<R> {
        let sent = async {
            // Always fails, because the connector never connects.
            let _ = self.0.get(url).send().await;
            CAPTURED.with(RefCell::take)
        };
        let request = CAPTURED.scope(RefCell::default(), sent).await?;
        request.downcast().ok().map(|request| *request)
    }
}

#[derive(Clone)]
struct CaptureLayer;

impl<S> Layer<S> for CaptureLayer {
    type Service = Capture<S>;

    fn layer(&self, inner: S) -> Capture<S> {
        Capture(inner)
    }
}

#[derive(Clone)]
struct Capture<S>(S);

impl<S, R> Service<R> for Capture<S>
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
        // reqwest polls its connector in the task of the request.
        let _ = CAPTURED.try_with(|captured| captured.replace(Some(Box::new(request))));
        ready(Err(io::Error::from(io::ErrorKind::Unsupported).into()))
    }
}
