//! Real failures, and what plain clients see of them.
//!
//! Pinned for reqwest 0.13 and hyper 1 on Linux: a version that reports a failure differently fails here first.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::ServiceExt;

use caller_view::{By, CallerView, Reset};
use hyper_servers::{Broken, Http};
use real_failures::{BlackHole, ClosedPort, Framing, Midway, Server};

mod caller_view;
mod every_cell;
mod hyper_servers;
mod injected;
mod observation;
mod real_cells;
mod real_failures;
mod real_http2;
mod table;
mod table_markdown;

type Hyper = legacy::Client<HttpConnector, Empty<Bytes>>;

/// The timeout of clients: long enough for every response to arrive, even on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);

fn reqwest(
    configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> reqwest::Client {
    configure(reqwest::Client::builder().no_proxy())
        .build()
        .expect("a client")
}

impl Http {
    fn reqwest(self) -> reqwest::Client {
        reqwest(|builder| match self {
            Self::One => builder,
            Self::Two => builder.http2_prior_knowledge(),
        })
    }

    fn hyper(self) -> Hyper {
        legacy::Client::builder(TokioExecutor::new())
            .http2_only(matches!(self, Self::Two))
            .build_http()
    }

    /// Asserts what both clients see. `expected` lacks the predicate that only reqwest has.
    async fn both_see(self, url: &str, by_reqwest: &'static str, expected: CallerView) {
        let by_reqwest = CallerView {
            client: vec![by_reqwest],
            ..expected.clone()
        };
        assert_eq!(
            CallerView::by_reqwest(&self.reqwest(), url).await,
            by_reqwest
        );
        assert_eq!(CallerView::by_hyper(self.hyper(), url).await, expected);
    }

    /// Like `both_see`, for a body that breaks once the client has received the response.
    async fn both_see_midway(self, real: &Midway, expected: CallerView) {
        let by_reqwest = CallerView {
            client: vec!["is_decode"],
            ..expected.clone()
        };
        let client = self.reqwest().map_response(real.notify_received());
        assert_eq!(
            CallerView::by_reqwest_service(client, &real.url()).await,
            by_reqwest
        );
        let client = self.hyper().map_response(real.notify_received());
        assert_eq!(CallerView::by_hyper(client, &real.url()).await, expected);
    }
}

fn closed_before_any_byte() -> CallerView {
    CallerView {
        hyper: vec![vec!["is_incomplete_message"]],
        ..CallerView::no_response()
    }
}

fn body_ends_with(kind: ErrorKind) -> CallerView {
    CallerView {
        io: vec![kind],
        hyper: vec![vec![]],
        ..CallerView::broken_response(200)
    }
}

fn reset_with(reason: h2::Reason, at: CallerView) -> CallerView {
    CallerView {
        hyper: vec![vec![]],
        h2: vec![Reset {
            by: By::Peer,
            reason: Some(reason),
        }],
        ..at
    }
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let real = ClosedPort::bind();
    let refused = |client| CallerView {
        client,
        io: vec![ErrorKind::ConnectionRefused],
        ..CallerView::no_response()
    };
    assert_eq!(
        CallerView::by_reqwest(&Http::One.reqwest(), &real.url()).await,
        refused(vec!["is_connect", "is_request"])
    );
    assert_eq!(
        CallerView::by_hyper(Http::One.hyper(), &real.url()).await,
        refused(vec!["is_connect"])
    );
}

#[tokio::test]
async fn a_black_hole_times_out_the_connect() {
    let real = BlackHole::fill().await;
    let timed_out = |client| CallerView {
        client,
        io: vec![ErrorKind::TimedOut],
        ..CallerView::no_response()
    };

    let client = reqwest(|builder| builder.connect_timeout(PATIENCE));
    let seen = CallerView::by_reqwest(&client, &real.url()).await;
    let expected = timed_out(vec!["is_connect", "is_request", "is_timeout"]);
    // reqwest has two connect timeouts with the same duration: that of its connector, which returns an `io::Error`,
    // and one around it. On a busy machine the outer one may fire first.
    let by_the_outer_timeout = CallerView {
        io: Vec::new(),
        ..expected.clone()
    };
    assert!(
        seen == expected || seen == by_the_outer_timeout,
        "{seen:?} is neither {expected:?} nor without the io::Error"
    );

    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(PATIENCE));
    let client: Hyper = legacy::Client::builder(TokioExecutor::new()).build(connector);
    assert_eq!(
        CallerView::by_hyper(client, &real.url()).await,
        timed_out(vec!["is_connect"])
    );
}

#[tokio::test]
async fn a_black_hole_times_out_the_whole_call() {
    let real = BlackHole::fill().await;
    assert_eq!(
        CallerView::by_reqwest(&reqwest(|builder| builder.timeout(PATIENCE)), &real.url()).await,
        CallerView {
            client: vec!["is_request", "is_timeout"],
            ..CallerView::no_response()
        }
    );
}

#[tokio::test]
async fn a_server_that_closes_before_the_response() {
    let real = Server::closes().await;
    Http::One
        .both_see(&real.url(), "is_request", closed_before_any_byte())
        .await;
}

#[tokio::test]
async fn a_server_that_resets_before_the_response() {
    let real = Server::resets().await;
    let reset = CallerView {
        io: vec![ErrorKind::ConnectionReset],
        hyper: vec![vec![]],
        ..CallerView::no_response()
    };
    Http::One.both_see(&real.url(), "is_request", reset).await;
}

#[tokio::test]
async fn a_server_that_closes_midway_with_a_content_length() {
    let real = Server::closes_midway(Framing::ContentLength).await;
    Http::One
        .both_see(
            &real.url(),
            "is_decode",
            body_ends_with(ErrorKind::UnexpectedEof),
        )
        .await;
}

#[tokio::test]
async fn a_server_that_closes_midway_in_chunks() {
    let real = Server::closes_midway(Framing::Chunked).await;
    Http::One
        .both_see(
            &real.url(),
            "is_decode",
            body_ends_with(ErrorKind::UnexpectedEof),
        )
        .await;
}

#[tokio::test]
async fn a_server_that_resets_midway_with_a_content_length() {
    let real = Midway::resets(Framing::ContentLength).await;
    Http::One
        .both_see_midway(&real, body_ends_with(ErrorKind::ConnectionReset))
        .await;
}

#[tokio::test]
async fn a_server_that_resets_midway_in_chunks() {
    let real = Midway::resets(Framing::Chunked).await;
    Http::One
        .both_see_midway(&real, body_ends_with(ErrorKind::ConnectionReset))
        .await;
}

#[tokio::test]
async fn a_server_that_never_responds() {
    let real = Server::never_responds().await;
    let timed_out = CallerView {
        client: vec!["is_request", "is_timeout"],
        ..CallerView::no_response()
    };
    all_time_out(&real, timed_out).await;
}

#[tokio::test]
async fn a_server_that_stalls_midway_with_a_content_length() {
    stalls(&Server::stalls_midway(Framing::ContentLength).await).await;
}

#[tokio::test]
async fn a_server_that_stalls_midway_in_chunks() {
    stalls(&Server::stalls_midway(Framing::Chunked).await).await;
}

async fn stalls(real: &Server) {
    let timed_out = CallerView {
        client: vec!["is_decode", "is_timeout"],
        ..CallerView::broken_response(200)
    };
    all_time_out(real, timed_out).await;
}

/// Asserts that each of reqwest's timeouts fires. hyper-util's client has none, and waits.
async fn all_time_out(real: &Server, expected: CallerView) {
    let url = real.url();
    let whole = reqwest(|builder| builder.timeout(PATIENCE));
    let each_read = reqwest(|builder| builder.read_timeout(PATIENCE));
    let (by_whole, by_each_read, by_hyper) = tokio::join!(
        CallerView::by_reqwest(&whole, &url),
        CallerView::by_reqwest(&each_read, &url),
        tokio::time::timeout(PATIENCE, CallerView::by_hyper(Http::One.hyper(), &url)),
    );
    assert_eq!(by_whole, expected);
    assert_eq!(by_each_read, expected);
    assert!(by_hyper.is_err(), "{by_hyper:?}");
}

#[tokio::test]
async fn error_responses_of_a_failing_service() {
    for (status, retry_after, response) in [
        (
            429,
            Some("7"),
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
        ),
        (
            503,
            None,
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy",
        ),
        (
            504,
            None,
            "HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 4\r\n\r\nlate",
        ),
    ] {
        let real = Server::answers(response).await;
        let expected = CallerView {
            retry_after: retry_after.map(str::to_owned),
            ..CallerView::response(status)
        };
        assert_eq!(
            CallerView::by_reqwest(&Http::One.reqwest(), &real.url()).await,
            expected
        );
        assert_eq!(
            CallerView::by_hyper(Http::One.hyper(), &real.url()).await,
            expected
        );
    }
}

#[tokio::test]
async fn a_handler_that_fails() {
    let real = Server::handler_fails(Http::One, Broken::Somehow).await;
    Http::One
        .both_see(&real.url(), "is_request", closed_before_any_byte())
        .await;
}

#[tokio::test]
async fn a_body_that_fails_at_once() {
    for framing in [Framing::ContentLength, Framing::Chunked] {
        let real = Server::body_fails_at_once(Http::One, framing, Broken::Somehow).await;
        Http::One
            .both_see(&real.url(), "is_request", closed_before_any_byte())
            .await;
    }
}

#[tokio::test]
async fn a_body_that_fails_midway() {
    for framing in [Framing::ContentLength, Framing::Chunked] {
        let real = Midway::body_fails(Http::One, framing, Broken::Somehow).await;
        Http::One
            .both_see_midway(&real, body_ends_with(ErrorKind::UnexpectedEof))
            .await;
    }
}

/// The reason with which an HTTP/2 server resets a stream, for each kind of failure.
const RESETS: [(Broken, h2::Reason); 3] = [
    (Broken::Somehow, h2::Reason::INTERNAL_ERROR),
    (Broken::Because(h2::Reason::CANCEL), h2::Reason::CANCEL),
    (
        Broken::Because(h2::Reason::REFUSED_STREAM),
        h2::Reason::REFUSED_STREAM,
    ),
];

#[tokio::test]
async fn a_handler_that_fails_in_http2() {
    for (broken, reason) in RESETS {
        let real = Server::handler_fails(Http::Two, broken).await;
        Http::Two
            .both_see(
                &real.url(),
                "is_request",
                reset_with(reason, CallerView::no_response()),
            )
            .await;
    }
}

#[tokio::test]
async fn a_body_that_fails_at_once_in_http2() {
    for (broken, reason) in RESETS {
        let real = Server::body_fails_at_once(Http::Two, Framing::ContentLength, broken).await;
        Http::Two
            .both_see(
                &real.url(),
                "is_request",
                reset_with(reason, CallerView::no_response()),
            )
            .await;
    }
}

#[tokio::test]
async fn a_body_that_fails_midway_in_http2() {
    for (broken, reason) in RESETS {
        let real = Midway::body_fails(Http::Two, Framing::ContentLength, broken).await;
        Http::Two
            .both_see_midway(&real, reset_with(reason, CallerView::broken_response(200)))
            .await;
    }
}
