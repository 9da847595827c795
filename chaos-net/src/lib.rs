//! Fault injection for byte streams.
//!
//! Where your code opens or accepts connections, a [`StreamSite`] puts them under faults: what it gives back is a
//! [`ChaosStream`], which reads and writes as the connection in it does. While no experiment concerns it, that costs
//! one relaxed load; built without the feature `inject`, nothing at all.
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
//! let payments = StreamSite::new(&chaos, "payments"); // once
//!
//! // Mostly `payments.connect(TcpStream::connect(address)).await?`.
//! let (near, mut far) = duplex(64);
//! let mut stream = payments.wrap(near);
//!
//! // The connection is open already, and is hit all the same.
//! let slow = BlastRadius::streams_to("payments").operation("read");
//! let slow = chaos.inject(slow, Fault::latency(Duration::from_secs(1)))?;
//! let start = Instant::now();
//! far.write_all(b"paid").await?;
//! assert_eq!(stream.read_u8().await?, b'p');
//! assert_eq!(start.elapsed(), Duration::from_secs(1)); // on paused time, so it took no time at all
//! assert_eq!(slow.injected(), 1); // a fault that never fired proves nothing
//! # Ok(())
//! # }
//! ```
//!
//! Clients that open their connections themselves, such as those of databases, go through a [`ChaosRelay`]:
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
//! # What is hit
//!
//! [`BlastRadius::streams_to`] selects connections. Each has up to four operations, which
//! [`operation`](BlastRadius::operation) narrows it to: `connect` or `accept`, `read`, `write`. A direction is one
//! operation for as long as its connection lasts, and counts as injected from the first byte that a fault has an
//! effect on. So a rate of 30 % hits 30 % of the connections, and all bytes of those; the same seed hits the same
//! connections, which are numbered in the order in which they are made.
//!
//! Experiments that start later hit open connections too, from their next bytes on. When an experiment ends, what it
//! held goes on at once, in order, and no byte is lost.
//!
//! # Loss
//!
//! Above TCP nobody ever sees a lost packet: what is seen is that nothing comes until the packet has been sent again,
//! then all of it. That is what [`Loss`] does here; nothing is really lost.

mod clock;
mod connection;
mod handle;
mod line;
mod opening;
mod relay;
mod site;
mod socket;
mod stream;

pub use chaos_core::{
    Bandwidth, BlastRadius, ChaosManager, Corrupt, Disconnect, Error, Experiment, ExperimentGuard,
    Failure, Fault, InjectedFault, Latency, Loss, Pattern, Phase, Rate, Slice,
};
pub use handle::ConnectionHandle;
#[cfg(unix)]
pub use relay::ChaosUnixRelay;
pub use relay::{ChaosRelay, Upstream};
pub use site::StreamSite;
pub use socket::Socket;
pub use stream::ChaosStream;
