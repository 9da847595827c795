//! What a caller observes in one cell of the table, of the real failure and of the injected one alike.

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
use crate::seen::Seen;
use crate::table::Row;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the servers of all cells send where nothing goes wrong.
pub(crate) const FIRST: &str = "first";
pub(crate) const SECOND: &str = "secon";

/// Below this no body of ours comes that is slow, and above it few others.
const SLOW: Duration = Duration::from_millis(100);

/// What a caller observes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Observed {
    /// The call came to an end.
    Seen(Seen),
    /// It never does, but for a time limit around it all; with the status, if there is one.
    Waits(Option<u16>),
    /// All of the body.
    Whole {
        status: u16,
        len: usize,
        content: Content,
        pace: Pace,
    },
    /// Not all of the body, where all of it should be.
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
    /// Where nobody asked.
    Any,
}

/// Called when the caller holds the response.
pub(crate) type OnHead = Arc<dyn Fn() + Send + Sync>;

/// A look at one call.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) row: Row,
    pub(crate) on_head: OnHead,
}

impl Look {
    pub(crate) async fn reqwest<S>(&self, service: S, url: &str) -> Observed
    where
        S: Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error>,
    {
        let status = AtomicU16::default();
        let service = service.map_response(|response: reqwest::Response| {
            status.store(response.status().as_u16(), Ordering::Relaxed);
            (self.on_head)();
            response
        });
        if self.row.looks_at_bytes() {
            let start = Instant::now();
            let url = url.parse().expect("a URL");
            let request = reqwest::Request::new(reqwest::Method::GET, url);
            return match service.oneshot(request).await {
                Err(error) => Observed::Broken(format!("{error:?}")),
                Ok(response) => self.whole(&status, response.bytes().await, start),
            };
        }
        self.limited(&status, Seen::by_reqwest_service(service, url))
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
            (self.on_head)();
            response
        });
        if self.row.looks_at_bytes() {
            let start = Instant::now();
            let request = Request::get(url).body(Empty::new()).expect("a URL");
            return match service.oneshot(request).await {
                Err(error) => Observed::Broken(format!("{:?}", error.into())),
                Ok(response) => {
                    let body = response.into_body().collect().await;
                    let bytes = body
                        .map(http_body_util::Collected::to_bytes)
                        .map_err(Into::into);
                    self.whole(&status, bytes, start)
                }
            };
        }
        self.limited(&status, Seen::by_hyper(service, url)).await
    }

    async fn limited(&self, status: &AtomicU16, seen: impl Future<Output = Seen>) -> Observed {
        match tokio::time::timeout(self.row.longest(), seen).await {
            Ok(seen) => Observed::Seen(self.row.stable(seen)),
            Err(_) => {
                let status = status.load(Ordering::Relaxed);
                Observed::Waits((status > 0).then_some(status))
            }
        }
    }

    fn whole<E: std::fmt::Debug>(
        &self,
        status: &AtomicU16,
        bytes: Result<Bytes, E>,
        start: Instant,
    ) -> Observed {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Observed::Broken(format!("{error:?}")),
        };
        Observed::Whole {
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
    fn looks_at_bytes(self) -> bool {
        matches!(self, Self::Bandwidth | Self::Corrupt)
    }

    /// How long a look takes at the most.
    fn longest(self) -> Duration {
        match self {
            // Twice what the client waits, so that it is first.
            Self::Latency | Self::StallMidway | Self::Timeout => 3 * PATIENCE,
            _ => 40 * PATIENCE,
        }
    }

    /// What of it is the same each time.
    fn stable(self, seen: Seen) -> Seen {
        match self {
            // reqwest limits connects twice with the same duration, and only one of its limits is an `io::Error`.
            Self::ConnectTimeout if seen.client.contains(&"is_timeout") => Seen {
                io: Vec::new(),
                ..seen
            },
            // The seconds that are left of a minute.
            Self::RateLimit => Seen {
                retry_after: seen.retry_after.map(|wait| {
                    let left: u32 = wait.parse().expect("seconds");
                    (left.div_ceil(30) * 30).to_string()
                }),
                ..seen
            },
            _ => seen,
        }
    }

    /// Gives a client of reqwest's the time limit that this is about.
    pub(crate) fn limits(self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        match self {
            Self::Latency | Self::Timeout => builder.timeout(PATIENCE),
            Self::StallMidway => builder.read_timeout(PATIENCE),
            Self::ConnectTimeout => builder.connect_timeout(PATIENCE),
            _ => builder,
        }
    }

    pub(crate) fn reqwest(self) -> reqwest::ClientBuilder {
        self.limits(reqwest::Client::builder().no_proxy())
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
