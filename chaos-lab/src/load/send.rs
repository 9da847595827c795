//! Sends the requests of a load, and times their replies.

use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chaos_core::adapter::HumanDuration;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;

use super::exchange::{REQUEST_ID, Server, exchange};
use super::pace::Pace;
use super::plan::{NUMBER, RUN};
use super::{Answer, InvalidLoad, LoadPlan, RequestTemplate, Sample};
use crate::scenario::Target;

/// The number of requests that can be open at once; a target that is this far behind is down.
pub(crate) const MOST_OPEN: usize = 4_096;

/// A load that is being sent, until it is dropped.
#[must_use = "the load ends when it is dropped"]
pub struct Load {
    // The pace is dropped before the runtime that its requests are sent on.
    _pace: Pace,
    runtime: Option<Runtime>,
}

impl Load {
    /// Starts to send a load, and calls `samples` with that of each request when it has ended.
    ///
    /// Requests are named `PREFIX-NUMBER` in their header `x-request-id`. Their latencies count from `start`.
    ///
    /// # Errors
    ///
    /// When the plan makes no sense, or there is no thread for it.
    pub fn start(
        plan: &LoadPlan,
        target: &Target,
        prefix: &str,
        start: Instant,
        samples: impl Fn(Sample) + Send + Sync + 'static,
    ) -> Result<Self, StartLoadError> {
        plan.check()?;
        let base = Server::of_target(target)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("chaos-load-io")
            .enable_all()
            .build()?;
        let sender = Sender {
            runtime: runtime.handle().clone(),
            open: Arc::new(Semaphore::new(MOST_OPEN)),
            requests: plan.requests.iter().cloned().map(Arc::new).collect(),
            cycle: plan.cycle(),
            base,
            prefix: prefix.to_owned(),
            run: name_of_now(),
            start,
            samples: Arc::new(samples),
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

/// A text that no later run has.
fn name_of_now() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("{:x}", now.unwrap_or_default().as_micros())
}

struct Sender {
    runtime: Handle,
    open: Arc<Semaphore>,
    requests: Vec<Arc<RequestTemplate>>,
    cycle: Vec<usize>,
    base: Server,
    prefix: String,
    run: String,
    start: Instant,
    samples: Arc<dyn Fn(Sample) + Send + Sync>,
}

impl Sender {
    fn send(&self, number: u64, due: Instant) {
        let nth = number % self.cycle.len() as u64;
        let template = Arc::clone(&self.requests[self.cycle[nth as usize]]);
        let id = format!("{}-{number}", self.prefix);
        let open = Arc::clone(&self.open).try_acquire_owned();
        let request = self.request(&template, number, &id);
        let client = self.base.client.clone();
        let (start, samples) = (self.start, Arc::clone(&self.samples));
        self.runtime.spawn(async move {
            let answer = match open {
                Ok(_open) => {
                    let patience = template.timeout.0;
                    exchange(client, request, &template.expect, due, patience).await
                }
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
            samples(sample);
        });
    }

    fn request(
        &self,
        template: &RequestTemplate,
        number: u64,
        id: &str,
    ) -> Result<Request<Full<Bytes>>, http::Error> {
        let numbered = |text: &str| {
            text.replace(NUMBER, &number.to_string())
                .replace(RUN, &self.run)
        };
        let body = template.body.as_deref().map(numbered).unwrap_or_default();
        let uri = self.base.of_path(&numbered(&template.path));
        let mut request = Request::builder()
            .method(template.method.as_str())
            .uri(uri)
            .header(REQUEST_ID, id);
        for (name, value) in &template.headers {
            request = request.header(name, numbered(value));
        }
        let mut request = request.body(Full::new(Bytes::from(body)))?;
        self.base.name_host(&mut request);
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
