//! A small shop with chaos wired in, and ten common mistakes, each behind a [`Bug`], that chaos finds.
//!
//! `storefront.rs` and `database.rs` contain all that the service needs for chaos; `without-chaos.patch` removes it.
//!
//! ```
//! use storefront::{Settings, Storefront};
//! use chaos_tower::{BlastRadius, ChaosManager, Fault};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let chaos = ChaosManager::new();
//! let shop = Storefront::start(&chaos, Settings::default()).await?;
//! # #[cfg(feature = "chaos")] {
//! let reset = chaos.inject(BlastRadius::calls_to("payments").at_most(1), Fault::reset())?;
//! assert_eq!(shop.checkout("order-7").await.status, 201); // the storefront has retried
//! assert_eq!(reset.injected(), 1);
//! # }
//! # Ok(())
//! # }
//! ```

mod api;
mod books;
mod bug;
mod catalogue;
mod checkout;
mod circuit_breaker;
mod database;
mod orders;
mod payment_client;
mod payment_service;
mod problem;
mod reply;
mod retry;
mod settings;
mod storefront;

pub use bug::Bug;
pub use circuit_breaker::CircuitState;
pub use payment_service::PaymentService;
pub use reply::Reply;
pub use settings::Settings;
pub use storefront::Storefront;

/// Any error, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
