//! The catalogue: scenarios to take off the shelf, which are bound to the sites of a target.
//!
//! A scenario of the catalogue knows no names. It says which kinds of sites it strikes, and [`Binding`] makes experiments
//! of it for the sites that a target has. One without a fitting site is [planned](crate::scenario::Planned) as unfit,
//! with the reason.
//!
//! ```
//! use chaos_core::{ChaosManager, Environment};
//! use chaos_lab::catalogue::{Binding, Catalogue};
//! use chaos_lab::scenario::{Planned, Suite};
//!
//! let chaos = ChaosManager::new();
//! let _pms = chaos.site("pms");
//! let entries = [Suite::default().catalogue_entry("fallback"), Suite::default().catalogue_entry("deadlock")];
//! let mut binding = Binding::default();
//! binding.environment = Some(Environment::Test);
//! let planned = binding.plan(&entries, &chaos.sites())?;
//! let Planned::Run(fallback) = &planned[0] else { panic!() };
//! assert_eq!(fallback.experiments[0].name(), "fallback at point pms");
//! assert!(matches!(&planned[1], Planned::Unfit { why, .. } if why.starts_with("needs a database site")));
//! # Ok::<(), chaos_lab::catalogue::PlanError>(())
//! ```

mod bind;
mod embedded;
mod intensity;
mod plan;
mod scale;
mod scenario;

#[cfg(test)]
mod tests;

pub use embedded::{Catalogue, CatalogueSuite, Found, UnknownName};
pub use intensity::Intensity;
pub use plan::{Binding, PlanError};
pub use scale::{InvalidScale, Scale};
pub use scenario::CatalogueScenario;
