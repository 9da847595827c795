//! Sends the requests of a load, and times their replies.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chaos_core::adapter::HumanDuration;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use super::answer::Connected;
use super::pace::Pace;
use super::plan::NUMBER;
use super::{Answer, InvalidLoad, LoadPlan, RequestTemplate, Sample};

/// The number of requests that can be open at once; a target that is this far behind is down.
const MOST_OPEN: usize = 4_096;

/// A load that is being sent, until it is dropped.
#[must_use = "the load ends when it is dropped"]
pub struct Load {
    // The pace is dropped before the runtime that its requests are sent on.
    _pace: Pace,
    runtime: Option<Runtime>,
}

impl Load {
    /// Starts to send a load, and reports the sample of each request when it has ended.
    ///
    /// Requests are named `PREFIX-NUMBER` in their header `x-request-id`. Their latencies count from `start`.
    ///
    /// # Errors
    ///
    /// When the plan makes no sense, or there is no thread for it.
    pub fn start(
        plan: &LoadPlan,
        target: &str,
        prefix: &str,
        start: Instant,
        samples: UnboundedSender<Sample>,
    ) -> Result<Self, StartLoadError> {
        plan.check()?;
        let uris = Target::parse(target)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("chaos-load-io")
            .enable_all()
            .build()?;
        let sender = Sender {
            runtime: runtime.handle().clone(),
            client: Client::builder(TokioExecutor::new()).build(connector()),
            open: Arc::new(Semaphore::new(MOST_OPEN)),
            requests: plan.requests.iter().cloned().map(Arc::new).collect(),
            cycle: plan.cycle(),
            target: uris,
            prefix: prefix.to_owned(),
            start,
            samples,
        };
        let pace = Pace::start(plan.per_second, start, move |number, due| {
            sender.send(number, due);
        })?;
        Ok(Self {
            _pace: pace,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Open requests are given up, and an ending runtime must not block the task that drops it.
            runtime.shutdown_background();
        }
    }
}

/// A load could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartLoadError {
    /// The plan makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidLoad),
    /// The system has no room for it.
    #[error("the load can't start: {0}")]
    Io(#[from] io::Error),
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

/// The scheme, host and port of the target.
#[derive(Debug, Clone)]
struct Target(String);

impl Target {
    fn parse(url: &str) -> Result<Self, InvalidLoad> {
        let invalid = || InvalidLoad::Target(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| invalid())?;
        let is_http = uri.scheme_str() == Some("http");
        let authority = uri.authority().filter(|_| is_http).ok_or_else(invalid)?;
        let base = uri.path().trim_end_matches('/');
        Ok(Self(format!("http://{authority}{base}")))
    }
}

struct Sender {
    runtime: Handle,
    client: Client<HttpConnector, Full<Bytes>>,
    open: Arc<Semaphore>,
    requests: Vec<Arc<RequestTemplate>>,
    cycle: Vec<usize>,
    target: Target,
    prefix: String,
    start: Instant,
    samples: UnboundedSender<Sample>,
}

impl Sender {
    fn send(&self, number: u64, due: Instant) {
        let nth = number % self.cycle.len() as u64;
        let template = Arc::clone(&self.requests[self.cycle[nth as usize]]);
        let id = format!("{}-{number}", self.prefix);
        let open = Arc::clone(&self.open).try_acquire_owned();
        let request = self.request(&template, number, &id);
        let client = self.client.clone();
        let (start, samples) = (self.start, self.samples.clone());
        self.runtime.spawn(async move {
            let answer = match open {
                Ok(open) => exchange(client, request, &template, due, open).await,
                Err(_) => Answer::Unsent,
            };
            let sample = Sample {
                id,
                request: template.name(),
                due: HumanDuration(due.saturating_duration_since(start)),
                took: HumanDuration(due.elapsed()),
                ok: template.expect.accepts(&answer),
                answer,
            };
            // A receiver that is gone has seen enough.
            let _ = samples.send(sample);
        });
    }

    fn request(
        &self,
        template: &RequestTemplate,
        number: u64,
        id: &str,
    ) -> Result<Request<Full<Bytes>>, http::Error> {
        let numbered = |text: &str| text.replace(NUMBER, &number.to_string());
        let body = template.body.as_deref().map(numbered).unwrap_or_default();
        let uri = format!("{}{}", self.target.0, numbered(&template.path));
        let mut request = Request::builder()
            .method(template.method.as_str())
            .uri(uri)
            .header("x-request-id", id);
        for (name, value) in &template.headers {
            request = request.header(name, numbered(value));
        }
        let mut request = request.body(Full::new(Bytes::from(body)))?;
        if template.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            request
                .headers_mut()
                .entry(header::CONTENT_TYPE)
                .or_insert(json);
        }
        Ok(request)
    }
}

async fn exchange(
    client: Client<HttpConnector, Full<Bytes>>,
    request: Result<Request<Full<Bytes>>, http::Error>,
    template: &RequestTemplate,
    due: Instant,
    _open: OwnedSemaphorePermit,
) -> Answer {
    let Ok(request) = request else {
        return Answer::Unsent;
    };
    let reply = async {
        let response = match client.request(request).await {
            Ok(response) => response,
            Err(error) => {
                let connected = if error.is_connect() {
                    Connected::No
                } else {
                    Connected::Yes
                };
                return Answer::of(&error, connected);
            }
        };
        let status = response.status().as_u16();
        match response.into_body().collect().await {
            Ok(body) => template.expect.answer(status, &body.to_bytes()),
            Err(error) => Answer::of(&error, Connected::Yes),
        }
    };
    let limit = due + template.timeout.0.min(MOST_PATIENCE);
    timeout_at(limit.into(), reply)
        .await
        .unwrap_or(Answer::Timeout)
}

/// A limit beyond this would overflow the clock.
const MOST_PATIENCE: Duration = Duration::from_secs(86_400);
