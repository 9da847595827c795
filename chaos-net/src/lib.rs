//! Fault injection for byte streams.
//!
//! A [`StreamSite`] injects faults into the connections that your code opens or accepts. It wraps each in a
//! [`ChaosStream`], which reads and writes like the connection itself. While no experiment affects the site, a read or
//! write costs one relaxed atomic load and a branch. Without the feature `inject`, the wrapper costs nothing.
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
//! assert_eq!(start.elapsed(), Duration::from_secs(1)); // in paused time, so it took no time at all
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
//! [`BlastRadius::streams_to`] selects connections. A connection is one thing that happens: each experiment decides
//! once whether it concerns the connection, so a rate of 30 % is 30 % of the connections. The connection counts once, in
//! `injected()`, toward `at_most` and in `concurrent`, as soon as a fault affects it. With the same seed, faults affect
//! the same connections, identified by the order in which they are made.
//!
//! A connection has up to three operations: `connect` or `accept`, `read`, and `write`. They say where a connection that
//! is concerned is struck: with [`operation`](BlastRadius::operation), at each operation that matches. Without it, a
//! fault is paid once:
//!
//! | faults without `.operation(…)` | strike |
//! |---|---|
//! | latency, cut, reset after some bytes, half close | the bytes that are read, so a round trip pays a latency once |
//! | bandwidth, slices, loss, corruption | the bytes in both directions: they are properties of the link |
//! | all others, such as errors, timeouts, resets and stalls, with the other faults of their experiment | the first operation that they meet: `connect` or `accept`, or the direction that an open connection uses next |
//!
//! A failure that strikes `connect`, or a connection as a whole, comes at once, also while the connection is idle. That of
//! a named `read` or `write` comes with the bytes: a reset of `read` loses the reply of work that was done. A timeout
//! of `read` begins when a read waits.
//!
//! An experiment that starts while a connection is open affects the bytes that follow. When an experiment ends, held
//! bytes are delivered immediately, in order, and none is lost.
//!
//! # Loss
//!
//! Above TCP a lost packet is never visible. The receiver only sees a pause until the packet has been sent again. That
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
    Bandwidth, BlastRadius, ChaosManager, ChaosManagerBuilder, CircuitBreak, Condition, Consent,
    Corrupt, Disconnect, Environment, Error, Experiment, ExperimentFile, ExperimentGuard,
    ExperimentGuards, Failure, Fault, InjectedFault, Latency, Loss, Pattern, Phase, Rate,
    RateLimit, Scope, Slice,
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
