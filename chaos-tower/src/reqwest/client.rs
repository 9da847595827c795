//! An ordinary reqwest client with faults in its connections.

use chaos_core::ChaosManager;
use chaos_core::adapter::Armed;
use chaos_net::StreamSite;
use reqwest::dns::Resolve;
use reqwest::{Client, ClientBuilder, Error};

use super::client_settings::ClientSettings;
use super::connector::ChaosConnectorLayer;
use super::resolver::{OverridableResolver, SystemResolver};

/// Builds a client whose connections to a service can fail, including connections that are open already.
///
/// The client is used like any other. Blast radii select its connections by
/// [`streams_to(service)`](crate::BlastRadius::streams_to); their operations are `connect`, `write` and `read`. Faults
/// happen below HTTP and TLS, so every error is the client's own, and its own timeouts apply:
///
/// | fault | the caller sees |
/// |---|---|
/// | `connect`: refused, unreachable, … | `is_connect()`, the `io::Error` of that kind |
/// | `connect`: latency, timeout | `is_connect() && is_timeout()` if the `connect_timeout` is shorter |
/// | `read`: latency, stall | `is_timeout()` if the `timeout` or `read_timeout` is shorter |
/// | `read`, `write`: reset, or any error | a real reset: `ConnectionReset` |
/// | `read`: cut | the end of the connection: incomplete message, or `UnexpectedEof` in a body |
/// | `read`: corrupt | the effect of the changed bytes: a parse error, another body, a TLS alert |
///
/// ```
/// use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chaos = ChaosManager::new();
/// let http = chaos_tower::reqwest::client(&chaos, "payments", reqwest::Client::builder().no_proxy())?;
///
/// let down = BlastRadius::streams_to("payments").operation("connect");
/// let down = chaos.inject(down, Fault::error(Failure::Refused))?;
/// let error = http.get("http://127.0.0.1:1/charge").send().await.unwrap_err();
/// assert!(error.is_connect());
/// assert_eq!(down.injected(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # How it works
///
/// reqwest only uses connections that it opens itself. So it opens two for each one: the usual one to the service, and
/// one to a loopback port that exists for this connection only. A task relays the bytes between them, and injects
/// the faults. The port is closed once the connection is established, and the task ends with the connection. Without
/// injection compiled in, the client is built as it is.
///
/// Measured on loopback by `benches/src/bin/reqwest_client.rs`, a plain client and this one, in µs: 52 and 78 for a small
/// response on an open connection, 228 and 469 on a new one, 520 and 924 for 1 MiB.
///
/// # Differences from a plain client
///
/// - `Response::remote_addr()` is an address of this machine.
/// - The service sees the end of a connection where the client would reset it.
/// - Connector layers that the builder already has see two or more connects for each connection.
///
/// # Connections that are not affected
///
/// Connections that cannot be relayed through this machine are left alone, with a `tracing` warning: those through an
/// HTTP proxy, and all `https` ones if a proxy is set; those through a Unix socket or bound to an `interface`; `https` to
/// an IP address of another machine, or to a host that `resolve` maps to one.
///
/// A `dns_resolver` of the builder is replaced: pass it to [`client_with_resolver`] instead. `resolve` works as usual.
///
/// # Errors
///
/// The errors of [`ClientBuilder::build`].
pub fn client(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
) -> Result<Client, Error> {
    if COMPILED_IN {
        return under_faults(chaos, service, builder, SystemResolver);
    }
    register(chaos, service);
    builder.build()
}

/// Builds a client like [`client`], with a custom DNS resolver.
///
/// # Errors
///
/// The errors of [`ClientBuilder::build`].
pub fn client_with_resolver(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
    resolver: impl Resolve + 'static,
) -> Result<Client, Error> {
    if COMPILED_IN {
        return under_faults(chaos, service, builder, resolver);
    }
    register(chaos, service);
    builder.dns_resolver(resolver).build()
}

/// Whether the core compiles injection in, regardless of which crate turned the feature on.
///
/// A feature of this crate is no substitute: with only the core's feature on, experiments would start but have no effect.
const COMPILED_IN: bool = size_of::<Armed<u8>>() > 0;

/// Registers the site, so that starting an experiment for it reports that injection is compiled out.
fn register(chaos: &ChaosManager, service: &str) {
    let _ = StreamSite::new(chaos, service);
}

fn under_faults(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
    resolver: impl Resolve + 'static,
) -> Result<Client, Error> {
    let settings = ClientSettings::of(&builder);
    let layer = ChaosConnectorLayer::new(chaos, service, settings)?;
    let client = builder
        .dns_resolver(OverridableResolver::new(resolver))
        .connector_layer(layer.clone())
        .build()?;
    layer.read_system_proxies(&client);
    Ok(client)
}
