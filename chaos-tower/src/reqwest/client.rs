//! An ordinary client of reqwest's, the connections of which are under faults.

use chaos_core::ChaosManager;
use chaos_core::adapter::Armed;
use chaos_net::StreamSite;
use reqwest::dns::Resolve;
use reqwest::{Client, ClientBuilder, Error};

use super::connector::ChaosConnections;
use super::names::{Names, SystemResolver};
use super::settings::Settings;

/// A client whose connections to a service are under faults, those it holds already included.
///
/// It is used as any other. Blast radii select its connections by
/// [`streams_to(service)`](crate::BlastRadius::streams_to); their operations are `connect`, `write` and `read`. What
/// goes wrong does so below HTTP and TLS, so all errors are the client's own, with its own limits:
///
/// | fault | the caller sees |
/// |---|---|
/// | `connect`: refused, unreachable, … | `is_connect()`, the `io::Error` of that kind |
/// | `connect`: latency, timeout | `is_connect() && is_timeout()` if its `connect_timeout` is shorter |
/// | `read`: latency, stall | `is_timeout()` if its `timeout` or `read_timeout` is shorter |
/// | `read`, `write`: reset, or any error | a real reset: `ConnectionReset` |
/// | `read`: cut | the end of the connection: incomplete message, or `UnexpectedEof` in a body |
/// | `read`: corrupt | what the changed bytes are: a parse error, another body, a TLS alert |
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
/// # How
///
/// reqwest takes no connections but those that it makes. So it makes two for each one: that to the service, as ever,
/// and one to a port of this machine that is open for just this connection. Its bytes go through the latter, and a
/// task carries them to the former. Nothing else is left of the port once the connection stands, and the task ends
/// with the connection. In a build without injection the client is simply built.
///
/// Measured on loopback by `benches/src/bin/reqwest_client.rs`, plain and ours in turn, in µs: 52 and 78 for a small
/// response on a connection that is held, 228 and 469 on a new one, 520 and 924 for 1 MiB.
///
/// # What differs from a plain client
///
/// - `Response::remote_addr()` is an address of this machine.
/// - The service sees the end of a connection where a reset would be the client's.
/// - Layers of your own that the builder has already see two connects for each connection, or more.
///
/// # What is left alone
///
/// Connections that can't be led through this machine, with a warning of `tracing`: those through an HTTP proxy, or
/// where one is set for `https`; those through a Unix socket or bound to an `interface`; `https` to an IP address that is not of this machine,
/// or to a host that `resolve` sends to one.
///
/// A `dns_resolver` of the builder is replaced: give it to [`client_with_resolver`] instead. `resolve` works as ever.
///
/// # Errors
///
/// Those of [`ClientBuilder::build`].
pub fn client(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
) -> Result<Client, Error> {
    if INJECTS {
        return under_faults(chaos, service, builder, SystemResolver);
    }
    register(chaos, service);
    builder.build()
}

/// As [`client`], for a client with a DNS resolver of its own.
///
/// # Errors
///
/// Those of [`ClientBuilder::build`].
pub fn client_with_resolver(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
    resolver: impl Resolve + 'static,
) -> Result<Client, Error> {
    if INJECTS {
        return under_faults(chaos, service, builder, resolver);
    }
    register(chaos, service);
    builder.dns_resolver(resolver).build()
}

/// Whether the core has injection, whoever turned it on: only then does anything armed take room.
///
/// A feature of this crate can't say so: with the core's alone, experiments would start, and never strike here.
const INJECTS: bool = size_of::<Armed<u8>>() > 0;

/// So that experiments for it are told that injection is compiled out, as everywhere.
fn register(chaos: &ChaosManager, service: &str) {
    let _ = StreamSite::new(chaos, service);
}

fn under_faults(
    chaos: &ChaosManager,
    service: &str,
    builder: ClientBuilder,
    resolver: impl Resolve + 'static,
) -> Result<Client, Error> {
    let settings = Settings::of(&builder);
    let connections = ChaosConnections::new(chaos, service, settings)?;
    let client = builder
        .dns_resolver(Names::new(resolver))
        .connector_layer(connections.clone())
        .build()?;
    connections.built(&client);
    Ok(client)
}
