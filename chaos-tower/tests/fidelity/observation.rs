//! What a caller observes in one cell of the table, of the real and of the injected failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::{Service, ServiceExt};

use crate::PATIENCE;
use crate::caller_view::CallerView;
use crate::table::Row;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body that the servers of all cells send, in two halves.
pub(crate) const FIRST: &str = "first";
pub(crate) const SECOND: &str = "secon";

/// The least duration of a slow body.
const SLOW: Duration = Duration::from_millis(100);

/// What a caller observes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Observed {
    /// The call ended by itself.
    Ended(CallerView),
    /// Only the timeout around the call ended it; with the status, if there was a response.
    TimesOut(Option<u16>),
    /// The body was complete.
    Complete {
        status: u16,
        len: usize,
        content: Content,
        pace: Pace,
    },
    /// The body was incomplete, although it should be complete.
    Broken(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Right,
    Wrong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Slow,
    /// Not measured in this row.
    Any,
}

/// Called when the caller has received the response.
pub(crate) type OnResponse = Arc<dyn Fn() + Send + Sync>;

/// Observes one call.
#[derive(Clone)]
pub(crate) struct Observer {
    pub(crate) row: Row,
    pub(crate) on_response: OnResponse,
}

impl Observer {
    pub(crate) async fn reqwest<S>(&self, service: S, url: &str) -> Observed
    where
        S: Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error>,
    {
        let status = AtomicU16::default();
        let service = service.map_response(|response: reqwest::Response| {
            status.store(response.status().as_u16(), Ordering::Relaxed);
            (self.on_response)();
            response
        });
        if self.row.compares_bytes() {
            let start = Instant::now();
            let url = url.parse().expect("a URL");
            let request = reqwest::Request::new(reqwest::Method::GET, url);
            return match service.oneshot(request).await {
                Err(error) => Observed::Broken(format!("{error:?}")),
                Ok(response) => self.complete(&status, response.bytes().await, start),
            };
        }
        self.until_timeout(&status, CallerView::by_reqwest_service(service, url))
            .await
    }

    pub(crate) async fn hyper<S, B>(&self, service: S, url: &str) -> Observed
    where
        S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
        B: Body<Error: Into<BoxError>>,
    {
        let status = AtomicU16::default();
        let service = service.map_response(|response: Response<B>| {
            status.store(response.status().as_u16(), Ordering::Relaxed);
            (self.on_response)();
            response
        });
        if self.row.compares_bytes() {
            let start = Instant::now();
            let request = Request::get(url).body(Empty::new()).expect("a URL");
            return match service.oneshot(request).await {
                Err(error) => Observed::Broken(format!("{:?}", error.into())),
                Ok(response) => {
                    let body = response.into_body().collect().await;
                    let bytes = body
                        .map(http_body_util::Collected::to_bytes)
                        .map_err(Into::into);
                    self.complete(&status, bytes, start)
                }
            };
        }
        self.until_timeout(&status, CallerView::by_hyper(service, url))
            .await
    }

    async fn until_timeout(
        &self,
        status: &AtomicU16,
        seen: impl Future<Output = CallerView>,
    ) -> Observed {
        match tokio::time::timeout(self.row.time_limit(), seen).await {
            Ok(seen) => Observed::Ended(self.row.normalized(seen)),
            Err(_) => {
                let status = status.load(Ordering::Relaxed);
                Observed::TimesOut((status > 0).then_some(status))
            }
        }
    }

    fn complete<E: std::fmt::Debug>(
        &self,
        status: &AtomicU16,
        bytes: Result<Bytes, E>,
        start: Instant,
    ) -> Observed {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Observed::Broken(format!("{error:?}")),
        };
        Observed::Complete {
            status: status.load(Ordering::Relaxed),
            len: bytes.len(),
            content: if bytes == [FIRST, SECOND].concat() {
                Content::Right
            } else {
                Content::Wrong
            },
            pace: if self.row == Row::Bandwidth && start.elapsed() >= SLOW {
                Pace::Slow
            } else {
                Pace::Any
            },
        }
    }
}

impl Row {
    fn compares_bytes(self) -> bool {
        matches!(self, Self::Bandwidth | Self::Corrupt)
    }

    /// The timeout of an observation.
    fn time_limit(self) -> Duration {
        match self {
            // Longer than the client's own timeout, which has to fire first.
            Self::Latency | Self::StallMidway | Self::Timeout => 3 * PATIENCE,
            _ => 40 * PATIENCE,
        }
    }

    /// Removes what differs between runs.
    fn normalized(self, seen: CallerView) -> CallerView {
        match self {
            // reqwest has two connect timeouts with the same duration, and only one returns an `io::Error`.
            Self::ConnectTimeout if seen.client.contains(&"is_timeout") => CallerView {
                io: Vec::new(),
                ..seen
            },
            // The rest of a minute, in seconds.
            Self::RateLimit => CallerView {
                retry_after: seen.retry_after.map(|wait| {
                    let left: u32 = wait.parse().expect("seconds");
                    (left.div_ceil(30) * 30).to_string()
                }),
                ..seen
            },
            _ => seen,
        }
    }

    /// Sets the timeout of reqwest that this row is about.
    pub(crate) fn with_timeout(self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        match self {
            Self::Latency | Self::Timeout => builder.timeout(PATIENCE),
            Self::StallMidway => builder.read_timeout(PATIENCE),
            Self::ConnectTimeout => builder.connect_timeout(PATIENCE),
            _ => builder,
        }
    }

    pub(crate) fn reqwest(self) -> reqwest::ClientBuilder {
        self.with_timeout(reqwest::Client::builder().no_proxy())
    }

    pub(crate) fn connector() -> HttpConnector {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(PATIENCE));
        connector
    }

    pub(crate) fn hyper() -> crate::Hyper {
        legacy::Client::builder(TokioExecutor::new()).build(Self::connector())
    }
}
