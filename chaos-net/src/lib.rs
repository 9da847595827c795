//! Fault injection for byte streams.
//!
//! A [`StreamSite`] injects faults into the connections that your code opens or accepts. It wraps each in a
//! [`ChaosStream`], which reads and writes like the connection itself. While no experiment affects the site, the
//! wrapper adds one relaxed atomic load and a branch to each read or write. Without the feature `inject`, the wrapper
//! costs nothing.
//!
//! ```
//! use std::time::Duration;
//!
//! use chaos_net::{BlastRadius, ChaosManager, Fault, StreamSite};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
//! use tokio::time::Instant;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let payments = StreamSite::new(&chaos, "payments"); // created once
//!
//! // Usually `payments.connect(TcpStream::connect(address)).await?`.
//! let (near, mut far) = duplex(64);
//! let mut stream = payments.wrap(near);
//!
//! // Experiments affect open connections, too.
//! let slow = BlastRadius::streams_to("payments").operation("read");
//! let slow = chaos.inject(slow, Fault::latency(Duration::from_secs(1)))?;
//! let start = Instant::now();
//! far.write_all(b"paid").await?;
//! assert_eq!(stream.read_u8().await?, b'p');
//! assert_eq!(start.elapsed(), Duration::from_secs(1)); // time is paused, so no real time passed
//! assert_eq!(slow.injected(), 1); // a fault that never fired proves nothing
//! # Ok(())
//! # }
//! ```
//!
//! Clients that open their own connections, such as database drivers, can connect through a [`ChaosRelay`]:
//!
//! ```no_run
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! use chaos_net::{ChaosManager, ChaosRelay};
//!
//! let chaos = ChaosManager::new();
//! let relay = ChaosRelay::to("127.0.0.1:5432").listen(&chaos, "orders-db").await?;
//! let url = format!("postgres://postgres@{}/orders", relay.addr());
//! # Ok(())
//! # }
//! ```
//!
//! # Which connections are affected
//!
//! [`BlastRadius::streams_to`] selects connections. Each experiment decides once per connection whether to affect it,
//! so a rate of 30% affects 30% of the connections. A connection that a fault affects counts as one toward
//! `injected()`, `at_most` and `concurrent`. With the same seed, faults affect the same connections, identified by the
//! order in which they are made.
//!
//! A connection has up to three operations: `connect` or `accept`, `read`, and `write`. A fault takes effect at one or
//! more of them. With [`operation`](BlastRadius::operation), the fault applies at each matching operation. Without it,
//! the operation at which the fault applies depends on the fault:
//!
//! | faults without `.operation(…)` | apply to |
//! |---|---|
//! | latency, cut, reset after some bytes, half close | bytes that are read, so a round trip is delayed only once |
//! | bandwidth, slices, loss, corruption | bytes in both directions, because these faults model properties of the link |
//! | all others (errors, timeouts, resets, stalls …), together with any other faults of the same experiment | the next operation: `connect` or `accept` on a new connection, the next read or write on an open one |
//!
//! A failure of `connect`, or of a connection as a whole, occurs immediately, even if the connection is idle. If the
//! blast radius names `read` or `write`, the failure occurs when bytes are transferred: with a reset on `read`, the
//! work is done but its reply is lost. A timeout on `read` starts when a read has to wait for data.
//!
//! An experiment started while a connection is open affects only later bytes. When an experiment ends, held bytes are
//! delivered immediately, in order, and none is lost.
//!
//! # Loss
//!
//! Above TCP a lost packet is never visible. The receiver sees only a pause, until the packet is retransmitted. That
//! pause is what [`Loss`] injects; no byte is lost.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection_draws;
mod connection_handle;
mod connection_setup;
mod delay_line;
mod relay;
mod runtime_clock;
mod socket;
mod stream;
mod stream_site;
mod tcp_reset;

pub use chaos_core::{
    Bandwidth, BlastRadius, COMPILED_IN, ChaosManager, ChaosManagerBuilder, CircuitBreak,
    Condition, Consent, Corrupt, Disconnect, EndReason, Environment, Error, Experiment,
    ExperimentFile, ExperimentGuard, ExperimentGuards, Failure, Fault, InjectedFault, Latency,
    Loss, Pattern, Phase, Rate, RateLimit, Scope, Site, SiteKind, Slice,
};
pub use connection_handle::ConnectionHandle;
#[doc(hidden)]
pub use delay_line::{DELAYED_ROOM, DelayLine, Item};
#[cfg(unix)]
pub use relay::ChaosUnixRelay;
pub use relay::{ChaosRelay, Upstream};
pub use socket::Socket;
pub use stream::ChaosStream;
pub use stream_site::StreamSite;
