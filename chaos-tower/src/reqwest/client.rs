//! An ordinary reqwest client whose requests and connections can fail.

use chaos_core::ChaosManager;
use reqwest::{Client, ClientBuilder, Error};

#[cfg(all(feature = "inject", feature = "reqwest"))]
use super::hop::HopLayer;

/// Builds a client whose requests to a service can fail, and its connections.
///
/// The client is used like any other. [`calls_to(service)`](crate::BlastRadius::calls_to) selects its requests, including
/// those on open connections: a rate is a share of requests, and each retry is drawn for anew. Their operation is the
/// method and the path, such as `POST /charge`. A request's key is that of its headers `traceparent` or `x-request-id`;
/// without one, requests are numbered.
///
/// ```
/// use std::time::Duration;
/// use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault, Rate};
/// # use tokio::{io::AsyncWriteExt, net::TcpListener};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let payments = format!("http://{}", listener.local_addr()?);
/// # tokio::spawn(async move {
/// #     let mut open = Vec::new();
/// #     while let Ok((mut stream, _)) = listener.accept().await {
/// #         let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
/// #         open.push(stream);
/// #     }
/// # });
/// let chaos = ChaosManager::new();
/// let builder = reqwest::Client::builder().timeout(Duration::from_millis(300));
/// # let builder = builder.no_proxy();
/// let http = chaos_tower::reqwest::client(&chaos, "payments", builder)?;
///
/// let slow = BlastRadius::calls_to("payments").operation("POST /charge");
/// let slow = chaos.inject(slow, Fault::latency(Duration::from_secs(2)))?;
/// let error = http.post(format!("{payments}/charge")).send().await.unwrap_err();
/// assert!(error.is_timeout()); // the client's own limit, and nothing was sent
/// assert_eq!(slow.injected(), 1);
/// drop(slow);
///
/// let often = BlastRadius::calls_to("payments").rate(Rate::percent(20.0)?);
/// let _down = chaos.inject(often, Fault::error(Failure::Unavailable))?; // 503 for 20 % of all requests
/// # Ok(())
/// # }
/// ```
///
/// # What the caller sees
///
/// Every error is reqwest's own, with the URL of the request, and the limits of the client apply: its `timeout`, that of a
/// request, `read_timeout`, `connect_timeout`.
///
/// | fault of a request | the caller sees |
/// |---|---|
/// | latency, stall | its own limit, or a late response |
/// | timeout | its own limit; without one, the request is held until the experiment ends, and then goes on |
/// | `Unavailable`, `Overloaded`, a status, a rate limit, an open circuit | the response of a failing server |
/// | reset | a real reset: `ConnectionReset` |
/// | `Closed` | the end of the connection: incomplete message |
/// | any of them in phase `After` | the same, but the service has done its work |
/// | phase `During`: cut, reset, stall, bandwidth, corrupt | the same in the body of a response |
///
/// [`streams_to(service)`](crate::BlastRadius::streams_to) selects its connections; their operations are `connect`,
/// `write` and `read`. Faults happen below HTTP: a refused `connect` is `is_connect()`, any error of `read` or `write` is a
/// reset, corrupt bytes are what HTTP makes of them. With `https`, they are injected above TLS.
///
/// # How it works
///
/// reqwest only uses connections of its own type. So each real connection, with TLS and proxies, is opened by reqwest's own
/// connector, and belongs to a *hop*: an HTTP server on a loopback port that exists for this connection only. The client
/// talks to the hop over a second connection, the hop injects the faults, and forwards everything else. When one of the
/// two connections closes, so does the other. Without injection compiled in, the client is built as it is.
/// `benches/src/bin/reqwest_client.rs` measures what that costs.
///
/// # Differences from a plain client
///
/// - `Response::remote_addr()` is an address of this machine, and there is no `TlsInfo`.
/// - Where TLS negotiates HTTP/2, the service gets HTTP/2, but each connection carries one request at a time, responses
///   are HTTP/1.1, and the reset of a stream closes the caller's connection. `http2_prior_knowledge` is kept as it is.
/// - The hop frames HTTP/1 anew. A response that ends with its connection gains `transfer-encoding: chunked`, a 304 loses
///   its `content-length`, and a response of HTTP/1.0 with a length gains `connection: close`. So does the response to a
///   request with `connection: close`. The response to a request of HTTP/1.0 is HTTP/1.0. A chunk size that is no number
///   is `UnexpectedEof`, not `InvalidInput`.
/// - A response that is not HTTP ends the connection: the error is an incomplete message, not `is_parse`. Settings about
///   how to parse responses do not reach the hop.
/// - A request that is sent in the same moment as the service closes an idle connection may fail with an incomplete
///   message, where a plain client would usually notice and retry it.
/// - With the feature `rustls-no-provider`, a default `CryptoProvider` must be installed, even if the builder has its own
///   TLS configuration. Otherwise each connect fails and says so.
///
/// # What is impossible
///
/// - A request on an open connection can't be refused. An experiment with
///   [`Failure::Refused`](crate::Failure::Refused) on `calls_to` is refused at its start
///   ([`Error::CannotRefuse`](crate::Error::CannotRefuse)); it is possible for `connect` on `streams_to`, and with
///   [`ChaosLayer::client`](crate::ChaosLayer::client). So are [`Fault::Panic`](crate::Fault::Panic), which would not reach
///   the caller, and phase `NotReady`.
/// - The [`Scope`](crate::Scope) and tags of the caller do not reach the hop: no experiment with `tagged` strikes it.
/// - HTTP/3 does not use connectors, so its requests are not affected.
///
/// # Errors
///
/// The errors of [`ClientBuilder::build`].
pub fn client(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
) -> Result<Client, Error> {
    #[cfg(all(feature = "inject", feature = "reqwest"))]
    if chaos_core::COMPILED_IN {
        return builder
            .connector_layer(HopLayer::new(chaos, service))
            .build();
    }
    register_without_faults(chaos, service);
    builder.build()
}

/// Registers the sites, so that an experiment for them is refused.
fn register_without_faults(chaos: &ChaosManager, service: &str) {
    use chaos_core::SiteKind;
    use chaos_core::adapter::Support;

    if chaos_core::COMPILED_IN {
        tracing::warn!(
            service,
            "no faults in this client: chaos-core has the feature `inject`, but chaos-tower has not"
        );
    }
    for kind in [SiteKind::Client, SiteKind::Stream] {
        let _ = chaos.register(kind, service, Support::NONE);
    }
}
