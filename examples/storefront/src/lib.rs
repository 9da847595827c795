//! A small service with chaos wired in, and the mistakes that chaos finds in such services, each behind a switch.
//!
//! What it needs for chaos is in `storefront.rs` and `database.rs`, and `without-chaos.patch` takes it out: so many
//! lines are between a service and one that can be broken on purpose.
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
//! let broken = chaos.inject(BlastRadius::calls_to("payments").at_most(1), Fault::reset())?;
//! assert_eq!(shop.checkout("order-7").await.status, 201); // it was tried again
//! assert_eq!(broken.injected(), 1);
//! # }
//! # Ok(())
//! # }
//! ```

mod api;
mod breaker;
mod bug;
mod catalogue;
mod charging;
mod checkout;
mod database;
mod orders;
mod payments;
mod problem;
mod reply;
mod retry;
mod settings;
mod shutdown;
mod storefront;

pub use breaker::Circuit;
pub use bug::Bug;
pub use payments::Payments;
pub use reply::Reply;
pub use settings::Settings;
pub use shutdown::told_to_stop;
pub use storefront::Storefront;

/// Any error, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
