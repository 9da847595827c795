//! A door to a running service: see, start and stop its faults from outside.
//!
//! A service adds one line, and keeps what it returns:
//!
//! ```
//! # use chaos_core::ChaosManager;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::from_env()?;
//! let _admin = chaos_admin::Admin::from_env(&chaos)?; // CHAOS_ADMIN=unix:/run/orders.sock
//! # Ok(())
//! # }
//! ```
//!
//! Without the variable `CHAOS_ADMIN`, nothing is opened. With it, three commands toggle a fault in the running service:
//!
//! ```sh
//! curl --unix-socket /run/orders.sock http://localhost/chaos/v1/status
//! curl --unix-socket /run/orders.sock http://localhost/chaos/v1/experiments -H 'content-type: application/yaml' \
//!   -d '{ name: slow, fault: { latency: 2s }, blast_radius: { calls_to: payments } }'
//! curl --unix-socket /run/orders.sock -X DELETE http://localhost/chaos/v1/experiments/slow
//! ```
//!
//! # What it promises
//!
//! The API has a thread and a runtime of its own, and descriptors in reserve: `POST halt` takes effect even while every
//! worker of the service is blocked, its descriptors are used up, or its memory is scarce. A reply of 2xx means that the
//! effect is in force. An experiment that is started through it has a [lease](chaos_core::Steering::lease), and ends by
//! itself unless its client renews it.
//!
//! A request that could be misunderstood is refused: a parameter that its route does not have, a header that is given twice, a
//! body that would be ignored. Nothing of the kind keeps a halt from taking effect, nor does a crowd of silent clients: when an
//! address has too many connections, the one that has waited longest for its client gives way.
//!
//! # The page
//!
//! On a TCP address, and in the service's own router, browsers get a page at `/chaos/`. It shows what runs and what it does,
//! treated beside untreated, as it happens; it starts faults of a catalogue after a dry run, and ends them. HALT is always in
//! sight, and works by the key Esc, without scripts, and while the feed is broken. The page has no build step, needs no other
//! server, and is about 110 KB.
//!
//! What is started from the page is renewed by the page: it ends 10 s after the page is closed.
//!
//! A token is typed once. It becomes a cookie of 12 hours, which no script can read and no other site sends. The cookie does
//! not contain the token, is valid after a restart of the service, and ends with its token. Signing out ends it at once. The
//! service remembers the last 1,000 sessions that were closed so, and forgets them at a restart.
//!
//! Where the [policy](chaos_core::Policy) asks for approvals, the page lists the requests with the text to sign and the
//! command that signs it, and takes the signature. Requests are kept in memory: those in files outlive a deployment.
//!
//! # Access
//!
//! | transport | without tokens | with tokens |
//! |---|---|---|
//! | unix socket (mode 0600) | everything | what the role of the token permits |
//! | loopback | reads, and `POST halt` | what the role of the token permits |
//! | other addresses | refused at start | what the role of the token permits; TLS is left to a proxy |
//! | [`Admin::router`](Admin::router) | reads, and `POST halt` | what the role of the token permits |
//!
//! A [`Role::Viewer`](chaos_core::Role) reads and halts, a [`Role::Operator`](chaos_core::Role) does everything. Requests
//! with a foreign `Host` or `Origin` are refused, so that no web page can use a developer's browser.
//!
//! # What it adds to a service
//!
//! A service with `axum` and injection gets five crates more: `secrecy` with `zeroize`, which keep tokens out of logs,
//! `subtle`, which compares them in constant time, `chaos-page`, the stylesheet, and `tokio-io-timeout`, which cuts off clients that read nothing. A
//! service without `axum` also gets `hyper` with its parts, the HTTP server, and `percent-encoding` for names in paths.
//! Without the feature `inject`, it adds no crate, opens nothing, and warns if `CHAOS_ADMIN` is set.
//!
#![doc = include_str!("../API.md")]

#[cfg(feature = "inject")]
mod access;
mod address;
#[cfg(feature = "inject")]
mod admin;
#[cfg(not(feature = "inject"))]
mod admin_off;
#[cfg(feature = "inject")]
mod approval_requests;
#[cfg(feature = "inject")]
mod audit;
#[cfg(feature = "inject")]
mod call;
#[cfg(feature = "inject")]
mod context;
mod error;
#[cfg(feature = "inject")]
mod feed;
#[cfg(feature = "inject")]
mod openapi;
#[cfg(feature = "inject")]
mod outcome_watch;
#[cfg(feature = "inject")]
mod page;
#[cfg(feature = "inject")]
mod problem;
#[cfg(feature = "inject")]
mod query;
#[cfg(feature = "inject")]
mod readings;
#[cfg(all(test, feature = "inject"))]
mod reference;
#[cfg(feature = "inject")]
mod reply;
#[cfg(feature = "inject")]
mod request_body;
#[cfg(feature = "inject")]
mod route;
#[cfg(feature = "inject")]
mod routes;
#[cfg(feature = "inject")]
mod scores;
#[cfg(feature = "inject")]
mod server;
#[cfg(feature = "inject")]
mod service;
#[cfg(feature = "inject")]
mod states;
#[cfg(feature = "inject")]
mod variables;
#[cfg(feature = "inject")]
mod worker;

pub use address::Address;
#[cfg(feature = "inject")]
pub use admin::Admin;
#[cfg(not(feature = "inject"))]
pub use admin_off::{Admin, AdminServer};
pub use error::AdminError;
#[cfg(feature = "inject")]
pub use server::AdminServer;
